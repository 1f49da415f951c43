import { queryFormatOf, queryFormats } from './image-format.ts';
import { readStoredSize } from './image-header.ts';
import { takeOrientation } from './orientation.ts';
import { pixelsOnWhite, type DecodedImage } from './pixels-on-white.ts';
import type { Size } from './preprocessing.ts';
import { turnUpright } from './turn-upright.ts';
import { unsupportedImage } from './unsupported-image.ts';

/** Decodes the first frame of an image and scales it to a size, which has its shape. */
export type ScaleImage = (bytes: Uint8Array<ArrayBuffer>, to: Size) => Promise<DecodedImage>;

/**
 * Decode an image that is a query and fit the whole of it into a white square, as training did with
 * its images. Every door does this, and gives only the scaler of its runtime.
 *
 * @param bytes - the image; its orientation is overwritten
 * @param size - side of the square, pixels
 * @returns RGB8, [size, size, 3]
 * @throws DiptychError unsupported_image, unreadable_image, payload_too_large, or what the scaler
 *   throws
 */
export async function fitQueryImage(
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
  scaleImage: ScaleImage,
): Promise<Uint8Array> {
  const format = queryFormatOf(bytes);
  if (!format) throw unsupportedImage(bytes, queryFormats);
  const { width, height } = readStoredSize(format, bytes);
  const orientation = takeOrientation(format, bytes);
  // Ask for the exact size instead of the square, because some scalers fill the rest with black.
  const scale = size / Math.max(width, height);
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  const scaled = await scaleImage(bytes, { width: side(width), height: side(height) });
  return turnUpright(pixelsOnWhite(scaled, size), size, orientation);
}
