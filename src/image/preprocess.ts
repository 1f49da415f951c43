import { DiptychError } from '../errors.ts';
import type { Preprocessing } from './preprocessing.ts';

/**
 * Turn an image that was resized and cropped into `pixel_values`.
 *
 * @param rgb - RGB8 over white, [side, side, 3]
 * @returns [3, side, side], normalised
 */
export function toPixelValues(
  rgb: Uint8Array,
  { rescale, mean, std }: Pick<Preprocessing, 'rescale' | 'mean' | 'std'>,
): Float32Array {
  const area = rgb.length / 3;
  if (!Number.isInteger(area)) {
    throw new DiptychError('bad_request', `image: expected RGB8, got ${rgb.length} bytes`);
  }
  const values = new Float32Array(rgb.length);
  for (let colour = 0; colour < 3; colour++) {
    for (let i = 0; i < area; i++) {
      values[colour * area + i] = (rgb[3 * i + colour]! * rescale - mean[colour]!) / std[colour]!;
    }
  }
  return values;
}
