import { defaults } from '../../../src/config.ts';
import { DiptychError } from '../../../src/errors.ts';
import { decodeDescribed } from '../../common/images/decode-for-model.ts';
import { readImageRule, type ImageRule } from '../../common/model-folder/image-rule.ts';
import { describeModel } from '../../common/model-folder/model-description.ts';
import { modelDir } from '../../common/model-folder/model-dir.ts';
import { readModelFiles } from '../../common/model-folder/model-files.ts';
import { decodeSquare, type SquareImage } from './decode-square.ts';
import type { ImageFitRule } from './prepared.ts';

/** How images become squares. */
export interface ImageFit {
  readonly imageSize: number;
  /** The model's own rule; absent: the whole image, centred, with transparent margins. */
  readonly rule?: ImageRule;
}

/**
 * Decide how images become squares.
 *
 * @param forModel - folder or hub id of the model that the images are for
 * @throws DiptychError invalid_option - `imageSize` differs from the size of the model's images
 */
export async function chooseImageFit(
  imageSize: number | undefined,
  forModel: string | undefined,
): Promise<ImageFit> {
  if (forModel === undefined) return { imageSize: imageSize ?? defaults.imageSize };
  const files = await readModelFiles(await modelDir(forModel));
  const description = describeModel(files);
  if (imageSize !== undefined && imageSize !== description.imageSize) {
    throw new DiptychError(
      'invalid_option',
      `--image-size ${imageSize}: ${forModel} takes images of ${description.imageSize} pixels`,
    );
  }
  const rule = readImageRule(files, description);
  if (rule.contain) return { imageSize: rule.imageSize };
  const { resize, crop } = rule.preprocessing;
  const result = crop ?? (resize.kind === 'exact' ? resize.size : undefined);
  if (result?.width !== rule.imageSize || result.height !== rule.imageSize) {
    throw new DiptychError(
      'unreadable_model',
      `${forModel}: expected images of ${rule.imageSize} x ${rule.imageSize} pixels, ` +
        `got ${result ? `${result.width} x ${result.height}` : 'no crop'} in preprocessor_config.json`,
    );
  }
  return { imageSize: rule.imageSize, rule };
}

/** Select the part of a rule that a data set records; undefined where images are kept whole. */
export function storedRule({ contain, preprocessing }: ImageRule): ImageFitRule | undefined {
  if (contain) return undefined;
  const { resize, crop, resample } = preprocessing;
  return { resize, ...(crop && { crop }), resample };
}

/**
 * Decode an image to a square.
 *
 * @param image - file or its bytes
 * @throws DiptychError unsupported_image, unreadable_image, payload_too_large
 */
export async function fitImage(
  image: string | Uint8Array,
  { imageSize, rule }: ImageFit,
): Promise<SquareImage> {
  if (rule === undefined) return decodeSquare(image, imageSize);
  const { rgb, ...kind } = await decodeDescribed(image, rule);
  return { pixels: opaque(rgb), ...kind };
}

/** Add an alpha of 255 to RGB8 pixels. */
function opaque(rgb: Uint8Array): Uint8Array {
  const rgba = new Uint8Array((rgb.length / 3) * 4).fill(255);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    rgba.set(rgb.subarray(from, from + 3), to);
  }
  return rgba;
}
