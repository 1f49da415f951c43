import type { TensorAddress } from './encoder-memory.ts';
import { weightsFormat } from '../version/weights-format.ts';

/** Addresses of a dense or convolution layer. */
export interface Layer {
  readonly weights: number;
  readonly scale: number;
  readonly bias: number;
  /** Numbers that go into one output. They come in equal pieces, `segments`. */
  readonly depth: number;
  readonly segments: number;
  /** Pairs of numbers of a piece. */
  readonly pairs: number;
  readonly columns: number;
}

/** Find the tensors `NAME.weight` (packed), `NAME.scale` and `NAME.bias`. */
export function findLayer(
  address: TensorAddress,
  name: string,
  depth: number,
  columns: number,
  segments = 1,
): Layer {
  const { panel } = weightsFormat;
  const pairs = Math.ceil(depth / segments / 2);
  return {
    weights: address(`${name}.weight`, [columns / panel, segments * pairs, panel, 2], 'int8'),
    scale: address(`${name}.scale`, [columns]),
    bias: address(`${name}.bias`, [columns]),
    ...{ depth, segments, pairs, columns },
  };
}

/** Copy a vector at unit length. */
export function normalised(values: Float32Array): Float32Array {
  let sum = 0;
  for (const value of values) sum += value * value;
  const scale = 1 / Math.sqrt(sum + 1e-12);
  return values.map((value) => value * scale);
}
