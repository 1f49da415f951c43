import sharp from 'sharp';
import { premultiply } from './premultiply.ts';

/** Largest image that is decoded, pixels; a small file can claim a size that fills the memory. */
export const maxImagePixels = 100_000_000;

/**
 * Decode an image file to a square as CLIP does: shortest side to `size`, centre cut out.
 *
 * @returns RGBA8, alpha premultiplied, [size, size, 4], and the media type of the file
 * @throws Error - the file is no image, is cut short, or has too many pixels
 */
export async function decodeImage(
  file: string,
  size: number,
): Promise<{ readonly pixels: Uint8Array; readonly type: string }> {
  const image = sharp(file, { limitInputPixels: maxImagePixels });
  const { format } = await image.metadata();
  const pixels = await image
    .autoOrient()
    .resize(size, size, { fit: 'cover', position: 'centre', kernel: 'cubic' })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer();
  const type = format === 'svg' ? 'image/svg+xml' : `image/${format === 'heif' ? 'avif' : format}`;
  return { pixels: premultiply(pixels), type };
}
