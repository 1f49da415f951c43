import type { Tensor, TowerHeader } from '../../../src/version/weights-format.ts';
import { writeWeights } from '../../../src/encoder/write-weights.ts';
import { DiptychError } from '../../../src/errors.ts';
import type { PackedMatrix, PackedProjection } from './pack-weights.ts';
import type { WeightSource } from './stored-weights.ts';

/** A tensor of a tower, and how to pack it as int8; without packing it is copied. */
export interface Packing {
  readonly name: string;
  readonly shape: readonly number[];
  readonly pack?: (data: Float32Array) => PackedMatrix | PackedProjection;
}

/**
 * Pack the tensors of a tower into a file of src/version/weights-format.ts.
 *
 * @throws DiptychError `unreadable_model`: a number is not finite
 */
export function writeTower(
  header: TowerHeader,
  weights: WeightSource,
  packings: readonly Packing[],
): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, Tensor>();
  for (const { name, shape, pack } of packings) {
    const data = weights(name, shape);
    checkFinite(header.tower, name, data);
    if (!pack) {
      tensors.set(name, { shape, data });
      continue;
    }
    const packed = pack(data);
    const vector = (part: string, values: Float32Array): unknown =>
      tensors.set(name.replace(/weight$/, part), { shape: [values.length], data: values });
    tensors.set(name, { shape: packed.shape, data: packed.codes });
    vector('scale', packed.scales);
    if ('inputScale' in packed) vector('input_scale', packed.inputScale);
  }
  return writeWeights(header, tensors);
}

function checkFinite(tower: string, name: string, data: Float32Array): void {
  let at = 0;
  while (at < data.length && Number.isFinite(data[at])) at++;
  if (at === data.length) return;
  throw new DiptychError(
    'unreadable_model',
    `${tower} weights: ${name}: expected finite numbers, got ${data[at]} at ${at}`,
  );
}
