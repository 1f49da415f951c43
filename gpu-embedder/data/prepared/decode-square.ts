import sharp, { type Metadata, type Sharp } from 'sharp';
import { limits } from '../../../src/limits.ts';
import { premultiply } from './premultiply.ts';

/** Media type and size of an image file. */
export interface ImageDescription {
  /** Media type. */
  readonly type: string;
  /** Size in pixels after EXIF rotation; absent for SVG. */
  readonly width?: number;
  readonly height?: number;
}

export interface SquareImage extends ImageDescription {
  /** RGBA8, alpha premultiplied, [size, size, 4] */
  readonly pixels: Uint8Array;
}

/**
 * Decode an image to a square: the whole image, centred, with transparent margins. `encode` and
 * the edge fit images for Diptych's own models in the same way.
 *
 * @param source - file or its bytes
 * @throws Error - the file is not an image, is truncated, or has too many pixels
 */
export async function decodeSquare(
  source: string | Uint8Array,
  size: number,
): Promise<SquareImage> {
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

/** Read the media type and the size of an image; an SVG has no size of its own. */
export async function describeFile(image: Sharp): Promise<ImageDescription> {
  const { format, autoOrient } = await image.metadata();
  const type = mediaTypes[format] ?? `image/${format}`;
  return format === 'svg' ? { type } : { type, ...autoOrient };
}

const mediaTypes: Readonly<Partial<Record<Metadata['format'], string>>> = {
  svg: 'image/svg+xml',
  heif: 'image/avif',
};
