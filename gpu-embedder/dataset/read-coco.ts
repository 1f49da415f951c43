import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { DiptychError } from '../../src/errors.ts';
import type { CaptionRow, CaptionSource } from './caption-source.ts';
import type { Skip } from './source.ts';

const id = z.union([z.string(), z.number()]).transform(String);
const source = z.object({ images: z.array(z.unknown()), annotations: z.array(z.unknown()) });
const imageSchema = z.object({ id, file_name: z.string().min(1) });
const annotationSchema = z.object({ image_id: id, caption: z.string() });

/**
 * Read COCO captions json (https://cocodataset.org/#format-data): one row for each image that has
 * captions. An entry that cannot be used is skipped with its reason.
 *
 * @throws DiptychError unreadable_source - no JSON with `images` and `annotations`
 */
export async function readCoco(file: string): Promise<CaptionSource> {
  const { images, annotations } = await readSource(file);
  const skipped: Skip[] = [];
  const skip = (list: string, i: number, code: string, reason: string): void => {
    skipped.push({ where: `${basename(file)}:${list}[${i}]`, reason, code });
  };

  const files = new Map<string, { image: string; captions: string[]; index: number }>();
  for (const [i, entry] of images.entries()) {
    const image = imageSchema.safeParse(entry);
    if (!image.success) skip('images', i, 'bad_json', reasonOf(image.error));
    else if (files.has(image.data.id)) {
      skip('images', i, 'duplicate_id', `id ${image.data.id} is taken by another image`);
    } else {
      files.set(image.data.id, { image: image.data.file_name, captions: [], index: i });
    }
  }
  for (const [i, entry] of annotations.entries()) {
    const annotation = annotationSchema.safeParse(entry);
    if (!annotation.success) {
      skip('annotations', i, 'bad_json', reasonOf(annotation.error));
      continue;
    }
    const { image_id, caption } = annotation.data;
    const target = files.get(image_id);
    if (target === undefined) {
      skip('annotations', i, 'caption_without_image', `there is no image with id ${image_id}`);
    } else if (caption.trim() === '') {
      skip('annotations', i, 'empty_caption', `empty caption for ${target.image}`);
    } else target.captions.push(caption.trim());
  }
  const rows: CaptionRow[] = [];
  for (const [imageId, { image, captions, index }] of files) {
    if (captions.length > 0) {
      const where = `${basename(file)}:images[${index}]`;
      rows.push({ where, id: imageId, image, captions, tags: [] });
    } else skip('images', index, 'image_without_caption', `no annotation for ${image}`);
  }
  return { rows, skipped, mentioned: new Set([...files.values()].map(({ image }) => image)) };
}

async function readSource(file: string): Promise<z.infer<typeof source>> {
  try {
    return source.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    const problem = cause instanceof z.ZodError ? reasonOf(cause) : (cause as Error).message;
    throw new DiptychError(
      'unreadable_source',
      `Annotations ${file}: expected COCO captions json with "images" and "annotations": ${problem}`,
      undefined,
      { cause },
    );
  }
}

/** Say what is wrong with an entry, on one line. */
function reasonOf({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `${path.join('.') || 'entry'}: ${message}`).join('; ');
}
