import sharp, { type Sharp } from 'sharp';
import { limits } from '../../../src/limits.ts';
import type { Item } from '../prepared/prepared.ts';
import { openPixels, readImageBytes, type PreparedDataset } from '../prepared/read-dataset.ts';
import { preparedRgb } from '../prepared/prepared-rgb.ts';

const background = '#fff';

/**
 * Make a data URI of an item's whole image over white, for a self-contained page. If the original
 * cannot be read, the prepared pixels replace it.
 *
 * @param side - pixels
 */
export async function thumbnailDataUri(
  dataset: PreparedDataset,
  item: Item,
  side: number,
): Promise<string> {
  const png = await readOriginal(dataset, item, side).catch(() =>
    readPrepared(dataset, item, side),
  );
  return `data:image/png;base64,${png.toString('base64')}`;
}

async function readOriginal(dataset: PreparedDataset, item: Item, side: number): Promise<Buffer> {
  const bytes = await readImageBytes(dataset, item);
  return square(sharp(bytes, { limitInputPixels: limits.imagePixels }).autoOrient(), side);
}

async function readPrepared(dataset: PreparedDataset, item: Item, side: number): Promise<Buffer> {
  const { imageSize: size } = dataset.manifest;
  const pixels = openPixels(dataset);
  try {
    const rgb = preparedRgb(pixels.read(dataset.items.findIndex(({ id }) => id === item.id)));
    return await square(sharp(rgb, { raw: { width: size, height: size, channels: 3 } }), side);
  } finally {
    pixels.close();
  }
}

function square(image: Sharp, side: number): Promise<Buffer> {
  return image
    .resize(side, side, { fit: 'contain', background })
    .flatten({ background })
    .png({ palette: true })
    .toBuffer();
}
