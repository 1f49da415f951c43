import { open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import pMap from 'p-map';
import { DiptychError } from '../../../src/errors.ts';
import { shownSchema, type IndexedItem } from '../../../src/version/items.ts';
import { decodeImage } from '../../common/images/decode-image.ts';
import { namingFile } from '../../common/system-error.ts';
import type { IndexSource, SourceImage } from '../source/index-source.ts';

/** Longer side of the preview of a raster image, pixels. */
const previewSide = 256;
/** Number of previews in memory at a time. */
const chunk = 256;

/**
 * Write the previews of all items into one file: SVG as it is, raster images as small WebP.
 *
 * @throws DiptychError unreadable_image, which names the item
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
      const previews = await pMap(
        slice,
        async ({ id }, i) => preview(id, await readImage(at + i)),
        { concurrency: availableParallelism() },
      );
      for (const [i, { bytes, type }] of previews.entries()) {
        const item = slice[i];
        await namingFile(file, () => out.write(bytes));
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

async function preview(id: string, { bytes, type }: SourceImage): Promise<SourceImage> {
  if (type === 'image/svg+xml') return { bytes, type };
  const small = await decodeImage(
    bytes,
    {
      to: { kind: 'exact', size: { width: previewSide, height: previewSide } },
      fit: 'inside',
      withoutEnlargement: true,
    },
    (image) => image.webp({ quality: 80 }).toBuffer(),
  ).catch((error: unknown) => {
    if (!(error instanceof DiptychError)) throw error;
    throw new DiptychError(error.code, `${id}: ${error.message}`, { id }, { cause: error });
  });
  return { bytes: small, type: 'image/webp' };
}
