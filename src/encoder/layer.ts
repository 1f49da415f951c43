import { weightsFormat } from './weights-format.ts';

/** Addresses of a dense or convolution layer. */
export interface Layer {
  readonly weights: number;
  readonly bias: number;
  /** Numbers that go into one output. */
  readonly depth: number;
  readonly columns: number;
}

/** Find the tensors `NAME.weight` (packed) and `NAME.bias`. */
export function findLayer(
  address: (name: string, shape: readonly number[]) => number,
  name: string,
  depth: number,
  columns: number,
): Layer {
  const { panel } = weightsFormat;
  return {
    weights: address(`${name}.weight`, [columns / panel, depth, panel]),
    bias: address(`${name}.bias`, [columns]),
    depth,
    columns,
  };
}

/** Copy a vector at unit length. */
export function normalised(values: Float32Array): Float32Array {
  let sum = 0;
  for (const value of values) sum += value * value;
  const scale = 1 / Math.sqrt(sum + 1e-12);
  return values.map((value) => value * scale);
}
