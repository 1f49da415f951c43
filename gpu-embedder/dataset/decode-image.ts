import sharp, { type Metadata, type Sharp } from 'sharp';
import { limits } from '../../src/limits.ts';
import { premultiply } from './premultiply.ts';

/** What a file says of its image. */
export interface ImageDescription {
  /** Media type. */
  readonly type: string;
  /** Pixels, as the image is shown; SVG has none. */
  readonly width?: number;
  readonly height?: number;
}

export interface DecodedImage extends ImageDescription {
  /** RGBA8, alpha premultiplied, [size, size, 4] */
  readonly pixels: Uint8Array;
}

/**
 * Decode an image to a square: the whole image, centred, the rest transparent; the same fit
 * as `encode` and the edge give an image of a model of ours.
 *
 * @param source - file or its bytes
 * @throws Error - it is no image, is cut short, or has too many pixels
 */
export async function decodeImage(
  source: string | Uint8Array,
  size: number,
): Promise<DecodedImage> {
  const image = sharp(source, { limitInputPixels: limits.imagePixels });
  const description = await describeFile(image);
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
  return { pixels: premultiply(pixels), ...description };
}

/** Tell what a file says of its image. */
export async function describeFile(image: Sharp): Promise<ImageDescription> {
  const { format, autoOrient } = await image.metadata();
  const type = mediaTypes[format] ?? `image/${format}`;
  return format === 'svg' ? { type } : { type, ...autoOrient };
}

const mediaTypes: Readonly<Partial<Record<Metadata['format'], string>>> = {
  svg: 'image/svg+xml',
  heif: 'image/avif',
};
