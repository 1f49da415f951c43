import sharp from 'sharp';
import { pixelsOnWhite } from '../../../src/image/pixels-on-white.ts';
import { turnUpright } from '../../../src/image/turn-upright.ts';
import { limits } from '../../../src/limits.ts';
import { unreadableImage } from '../../common/images/unreadable-image.ts';

/**
 * Decode a query image with the steps of the edge: scale the stored image with its alpha, put it in
 * the middle of a white square, turn it upright.
 *
 * @param bytes - PNG, JPEG, WebP, SVG, …
 * @returns RGB8 [size, size, 3]
 * @throws DiptychError unreadable_image
 */
export async function decodeQueryImage(bytes: Uint8Array, size: number): Promise<Uint8Array> {
  try {
    const image = sharp(bytes, { limitInputPixels: limits.imagePixels });
    const stored = await image.metadata();
    const scale = size / Math.max(stored.width, stored.height);
    const side = (length: number) => Math.max(1, Math.round(length * scale));
    const { data, info } = await image
      .resize(side(stored.width), side(stored.height), { fit: 'contain' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    const orientation = stored.format === 'jpeg' ? (stored.orientation ?? 1) : 1;
    const pixels = pixelsOnWhite({ width, height, data, channels, depth: 8 }, size);
    return turnUpright(pixels, size, orientation);
  } catch (cause) {
    throw unreadableImage(bytes, cause);
  }
}
