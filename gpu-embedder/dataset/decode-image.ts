import sharp, { type Metadata, type Sharp } from 'sharp';
import { limits } from '../../src/limits.ts';
import { premultiply } from './premultiply.ts';

export interface DecodedImage {
  /** RGBA8, alpha premultiplied, [size, size, 4] */
  readonly pixels: Uint8Array;
  /** Media type of the file. */
  readonly type: string;
}

/**
 * Decode an image to a square: the whole image, centred, with transparent margins. `encode` and
 * the edge fit images for Diptych's own models in the same way.
 *
 * @param source - file or its bytes
 * @throws Error - the file is not an image, is truncated, or has too many pixels
 */
export async function decodeImage(
  source: string | Uint8Array,
  size: number,
): Promise<DecodedImage> {
  const image = sharp(source, { limitInputPixels: limits.imagePixels });
  const type = await mediaType(image);
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
  return { pixels: premultiply(pixels), type };
}

/** Read the media type of an image. */
export async function mediaType(image: Sharp): Promise<string> {
  const { format } = await image.metadata();
  return mediaTypes[format] ?? `image/${format}`;
}

const mediaTypes: Readonly<Partial<Record<Metadata['format'], string>>> = {
  svg: 'image/svg+xml',
  heif: 'image/avif',
};
