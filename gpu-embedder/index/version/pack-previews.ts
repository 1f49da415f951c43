import { open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import pMap from 'p-map';
import sharp from 'sharp';
import { DiptychError } from '../../../src/errors.ts';
import { shownSchema, type IndexedItem } from '../../../src/version/items.ts';
import type { IndexSource, SourceImage } from '../source/index-source.ts';

/** Longer side of the preview of a raster image, pixels. */
const previewSide = 256;
/** Number of previews in memory at a time. */
const chunk = 256;

/**
 * Write the previews of all items into one file: SVG as it is, raster images as small WebP.
 *
 * @returns the items with their slices of the file
 */
export async function packPreviews(
  { items, readImage }: Pick<IndexSource, 'items' | 'readImage'>,
  file: string,
  onProgress: (done: number) => void = () => {},
): Promise<IndexedItem[]> {
  const packed: IndexedItem[] = [];
  const out = await open(file, 'w');
  let offset = 0;
  try {
    for (let at = 0; at < items.length; at += chunk) {
      const slice = items.slice(at, at + chunk);
      const draw = async ({ id }: { readonly id: string }, i: number) =>
        previewOf(id, await readImage(at + i));
      const previews = await pMap(slice, draw, { concurrency: availableParallelism() });
      for (const [i, { bytes, type }] of previews.entries()) {
        const item = slice[i];
        await out.write(bytes);
        const place = { offset, length: bytes.length, type };
        packed.push({ id: item.id, ...shownSchema.parse(item), preview: place });
        offset += bytes.length;
      }
      onProgress(packed.length);
    }
  } finally {
    await out.close();
  }
  return packed;
}

/** @throws DiptychError unreadable_image, which names the item */
async function previewOf(id: string, image: SourceImage): Promise<SourceImage> {
  try {
    return await preview(image);
  } catch (cause) {
    throw new DiptychError(
      'unreadable_image',
      `item ${id}: expected an image that can be decoded, got ${image.bytes.length} bytes that cannot: ` +
        'if they are damaged in the store, "diptych verify --repair" finds them',
      { item: id },
      { cause },
    );
  }
}

async function preview({ bytes, type }: SourceImage): Promise<SourceImage> {
  if (type === 'image/svg+xml') return { bytes, type };
  const small = await sharp(bytes)
    .rotate()
    .resize(previewSide, previewSide, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 80 })
    .toBuffer();
  return { bytes: small, type: 'image/webp' };
}
