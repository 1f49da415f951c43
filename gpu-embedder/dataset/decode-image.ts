import sharp from 'sharp';
import { premultiply } from './premultiply.ts';

/** Largest image that is decoded, pixels; a small file can claim a size that fills the memory. */
export const maxImagePixels = 100_000_000;

/**
 * Decode an image file to a square: the whole image, centred, the rest transparent; the same fit
 * as `encode` and the edge give an image of a model of ours.
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
    .toColourspace('srgb')
    .ensureAlpha()
    .resize(size, size, {
      fit: 'contain',
      kernel: 'cubic',
      background: { r: 0, g: 0, b: 0, alpha: 0 },
    })
    .raw({ depth: 'uchar' })
    .toBuffer();
  const type = format === 'svg' ? 'image/svg+xml' : `image/${format === 'heif' ? 'avif' : format}`;
  return { pixels: premultiply(pixels), type };
}
