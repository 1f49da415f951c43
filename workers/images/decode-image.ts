import { decode, type DecodedPng } from 'fast-png';
import { DiptychError } from '../../src/errors.ts';
import type { ImageScaler } from './image-scaler.ts';
import { readImageHeader } from '../../src/image/image-header.ts';
import { limits } from '../../src/limits.ts';
import { takeJpegOrientation } from './jpeg-orientation.ts';
import { pixelsOnWhite } from '../../src/image/pixels-on-white.ts';
import { turnUpright } from '../../src/image/turn-upright.ts';

/**
 * Decode an upload and fit the whole image into a white square, as training did with its images.
 *
 * @param bytes - the upload; its orientation tag is overwritten
 * @param size - side of the square, pixels
 * @returns RGB8, [size, size, 3]
 * @throws DiptychError unsupported_image, unreadable_image, or payload_too_large for too many pixels
 */
export async function decodeImage(
  images: ImageScaler,
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
): Promise<Uint8Array> {
  const { format, width, height } = readImageHeader(bytes);
  if (width * height > limits.queryPixels) {
    throw new DiptychError(
      'payload_too_large',
      `image: expected at most ${limits.queryPixels} pixels, got ${width} x ${height}`,
      { maxPixels: limits.queryPixels, width, height },
    );
  }
  const orientation = format === 'jpeg' ? takeJpegOrientation(bytes) : 1;
  // Ask for the exact size instead of the square: the local runtime fills the rest with black.
  const scale = size / Math.max(width, height);
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  let image: DecodedPng;
  try {
    const result = await images
      .input(new Blob([bytes]).stream())
      .transform({ width: side(width), height: side(height), fit: 'contain' })
      .output({ format: 'image/png' });
    image = decode(await new Response(result.image()).arrayBuffer());
  } catch (cause) {
    throw new DiptychError(
      'unreadable_image',
      `image: the ${format} of ${bytes.byteLength} bytes cannot be decoded`,
      { format },
      { cause },
    );
  }
  return turnUpright(pixelsOnWhite(image, size), size, orientation);
}
