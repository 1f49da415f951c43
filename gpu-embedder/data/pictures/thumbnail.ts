import sharp, { type Sharp } from 'sharp';
import { decodeImage, type Resize } from '../../common/images/decode-image.ts';
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
  return decodeImage(bytes, squareOf(side), toPng);
}

async function readPrepared(dataset: PreparedDataset, item: Item, side: number): Promise<Buffer> {
  const { imageSize: size } = dataset.manifest;
  const pixels = openPixels(dataset);
  try {
    const rgb = preparedRgb(pixels.read(dataset.items.findIndex(({ id }) => id === item.id)));
    const { to, ...resize } = squareOf(side);
    const image = sharp(rgb, { raw: { width: size, height: size, channels: 3 } });
    return await toPng(image.resize({ ...to.size, ...resize }));
  } finally {
    pixels.close();
  }
}

const squareOf = (side: number) =>
  ({
    to: { kind: 'exact', size: { width: side, height: side } },
    fit: 'contain',
    background,
  }) as const satisfies Resize;

function toPng(image: Sharp): Promise<Buffer> {
  return image.flatten({ background }).png({ palette: true }).toBuffer();
}
