import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { DiptychError } from '../../../src/errors.ts';
import { decodeText } from '../../../src/text/decode-text.ts';
import { parseFileJson } from '../../../src/text/exact-json.ts';
import type { CaptionEntry, SkippedRow } from './caption-source.ts';
import { nameEncoding } from './read-text-lines.ts';

const id = z.union([z.string(), z.number()]).transform(String);
const source = z.object({ images: z.array(z.unknown()), annotations: z.array(z.unknown()) });
const imageSchema = z.object({ id, file_name: z.string().min(1) });
const annotationSchema = z.object({ image_id: id, caption: z.string() });

interface CocoImage {
  readonly file: string;
  readonly captions: string[];
  /** Position among the images of the file. */
  readonly index: number;
}

/**
 * Read COCO captions json (https://cocodataset.org/#format-data): one row for each image that has
 * captions. An unusable entry gives a skip with its reason.
 *
 * The whole file is parsed at once: a file of 92 MB with 590,000 captions took 600 MB of memory.
 *
 * @throws DiptychError unreadable_source - the file is not JSON with `images` and `annotations`
 */
export async function* readCoco(file: string, encoding?: string): AsyncGenerator<CaptionEntry> {
  const { images, annotations } = await readSource(file, encoding);
  const skip = (list: string, i: number, code: string, reason: string): SkippedRow => ({
    where: `${basename(file)}:${list}[${i}]`,
    reason,
    code,
  });

  const byId = new Map<string, CocoImage>();
  for (const [index, entry] of images.entries()) {
    const image = imageSchema.safeParse(entry);
    if (!image.success) yield skip('images', index, 'bad_json', reasonOf(image.error));
    else if (byId.has(image.data.id)) {
      const reason = `id ${image.data.id} is taken by another image`;
      yield skip('images', index, 'duplicate_id', reason);
    } else byId.set(image.data.id, { file: image.data.file_name, captions: [], index });
  }
  for (const [i, entry] of annotations.entries()) {
    const annotation = annotationSchema.safeParse(entry);
    if (!annotation.success) {
      yield skip('annotations', i, 'bad_json', reasonOf(annotation.error));
      continue;
    }
    const { image_id, caption } = annotation.data;
    const image = byId.get(image_id);
    if (image === undefined) {
      const reason = `there is no image with id ${image_id}`;
      yield skip('annotations', i, 'caption_without_image', reason);
    } else if (caption.trim() === '') {
      yield skip('annotations', i, 'empty_caption', `empty caption for ${image.file}`);
    } else image.captions.push(caption.trim());
  }
  for (const [id, { file: image, captions, index }] of byId) {
    if (captions.length > 0) {
      const where = `${basename(file)}:images[${index}]`;
      yield { where, id, image, captions, tags: [] };
    } else yield skip('images', index, 'image_without_caption', `no annotation for ${image}`);
  }
}

async function readSource(file: string, encoding?: string): Promise<z.infer<typeof source>> {
  try {
    const decoded = decodeText(await readFile(file), encoding);
    if ('problem' in decoded) throw new Error(decoded.problem + nameEncoding);
    return source.parse(parseFileJson(decoded.text));
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

/** Describe the problem of an entry on one line. */
function reasonOf({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `${path.join('.') || 'entry'}: ${message}`).join('; ');
}
