import { toPixelValues } from '../../src/image/preprocess.ts';
import type { ImageRule } from '../common/model-folder/image-rule.ts';

/**
 * Normalise images for the image tower.
 *
 * @param rgb - [batch, imageSize, imageSize, 3]
 * @returns [batch, 3, imageSize, imageSize]
 */
export function pixelValues(
  rgb: Uint8Array,
  { imageSize, preprocessing }: ImageRule,
): Float32Array {
  const length = 3 * imageSize * imageSize;
  const values = new Float32Array(rgb.length);
  for (let at = 0; at < rgb.length; at += length) {
    values.set(toPixelValues(rgb.subarray(at, at + length), preprocessing), at);
  }
  return values;
}
