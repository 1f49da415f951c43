import sharp, { type Sharp } from 'sharp';
import { resizedSize } from '../../../src/image/resized-size.ts';
import { limits } from '../../../src/limits.ts';
import type { ImageRule } from '../model-folder/image-rule.ts';
import { unreadableImage } from './unreadable-image.ts';

const white = { r: 255, g: 255, b: 255, alpha: 1 };

/** Interpolations by Pillow's numbers, which preprocessing configurations use. */
const kernels: Readonly<Record<number, 'nearest' | 'lanczos3' | 'linear' | 'cubic'>> = {
  0: 'nearest',
  1: 'lanczos3',
  2: 'linear',
  3: 'cubic',
};

/**
 * Decode an image to the model's input size, over white.
 *
 * @param bytes - PNG, JPEG, WebP, SVG, …
 * @returns RGB8 [imageSize, imageSize, 3]
 * @throws DiptychError unreadable_image
 */
export async function decodeForModel(bytes: Uint8Array, rule: ImageRule): Promise<Uint8Array> {
  try {
    return rule.contain ? await contain(bytes, rule.imageSize) : await resize(bytes, rule);
  } catch (cause) {
    throw unreadableImage(bytes, cause);
  }
}

const open = (bytes: Uint8Array) =>
  sharp(bytes, { limitInputPixels: limits.imagePixels }).autoOrient();

/** Fit the whole image into a white square, in the way `prepare` fits images. */
async function contain(bytes: Uint8Array, imageSize: number): Promise<Uint8Array> {
  return toRgb(
    open(bytes).resize(imageSize, imageSize, { fit: 'contain', background: white }),
    imageSize,
  );
}

async function resize(bytes: Uint8Array, rule: ImageRule): Promise<Uint8Array> {
  const { resize: resizeRule, crop, resample } = rule.preprocessing;
  const { autoOrient } = await sharp(bytes).metadata();
  const { width, height } = resizedSize(resizeRule, autoOrient);
  const image = open(bytes).resize(width, height, { fit: 'fill', kernel: kernels[resample] });
  if (crop) {
    const left = Math.floor((width - crop.width) / 2);
    const top = Math.floor((height - crop.height) / 2);
    image.extract({ left, top, ...crop });
  }
  return toRgb(image, rule.imageSize);
}

async function toRgb(image: Sharp, side: number): Promise<Uint8Array> {
  const rgb = await image
    .toColourspace('srgb')
    .flatten({ background: white })
    .raw({ depth: 'uchar' })
    .toBuffer();
  if (rgb.length !== side * side * 3) {
    throw new Error(`expected ${side} x ${side} pixels of RGB, got ${rgb.length} bytes`);
  }
  return rgb;
}
