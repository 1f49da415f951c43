import type { Sharp } from 'sharp';
import type { ImageKind } from '../../../src/image/describe-image.ts';
import type { Size } from '../../../src/image/preprocessing.ts';
import type { ImageRule } from '../model-folder/image-rule.ts';
import { decodeImage, type DecodeOptions, type Resize } from './decode-image.ts';

const white = { r: 255, g: 255, b: 255, alpha: 1 };

/** Interpolations by Pillow's numbers, which preprocessing configurations use. */
const kernels: Readonly<Record<number, Resize['kernel']>> = {
  0: 'nearest',
  1: 'lanczos3',
  2: 'linear',
  3: 'cubic',
};

/** An image as a model sees it. */
export interface ModelImage extends ImageKind {
  /** RGB8 [imageSize, imageSize, 3] */
  readonly rgb: Uint8Array;
}

/**
 * Decode an image to the model's input size, over white.
 *
 * @param source - file or its bytes: PNG, JPEG, WebP, SVG, …
 * @returns RGB8 [imageSize, imageSize, 3]
 * @throws DiptychError unsupported_image, unreadable_image, payload_too_large
 */
export async function decodeForModel(
  source: string | Uint8Array,
  rule: ImageRule,
  options?: DecodeOptions,
): Promise<Uint8Array> {
  return (await decodeDescribed(source, rule, options)).rgb;
}

/** Do the same as {@link decodeForModel}, and tell the type and the size of the image. */
export function decodeDescribed(
  source: string | Uint8Array,
  rule: ImageRule,
  options?: DecodeOptions,
): Promise<ModelImage> {
  const { contain, imageSize, preprocessing } = rule;
  const crop = contain ? undefined : preprocessing.crop;
  return decodeImage(
    source,
    contain ? wholeImage(imageSize) : stretched(preprocessing),
    async (image, kind, resized) => {
      if (crop) cropCentre(image, resized, crop);
      return { rgb: await toRgb(image, imageSize), ...kind };
    },
    options,
  );
}

/** Fit the whole image into a white square, in the way `prepare` fits images. */
const wholeImage = (side: number): Resize => ({
  to: { kind: 'exact', size: { width: side, height: side } },
  fit: 'contain',
  background: white,
});

const stretched = ({ resize, resample }: ImageRule['preprocessing']): Resize => ({
  to: resize,
  fit: 'fill',
  kernel: kernels[resample],
});

function cropCentre(image: Sharp, { width, height }: Size, crop: Size): void {
  const left = Math.floor((width - crop.width) / 2);
  const top = Math.floor((height - crop.height) / 2);
  image.extract({ left, top, ...crop });
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
