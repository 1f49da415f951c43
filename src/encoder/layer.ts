import type { TensorAddress } from './encoder-memory.ts';
import { weightsFormat } from '../version/weights-format.ts';
import type { StoredHeader } from '../version/weights-format.ts';

/** Addresses of a dense or convolution layer. */
export interface Layer {
  readonly weights: number;
  readonly scale: number;
  readonly bias: number;
  /** Numbers that go into one output. */
  readonly depth: number;
  readonly columns: number;
}

/** Find the tensors `NAME.weight` (packed), `NAME.scale` and `NAME.bias`. */
export function findLayer(
  address: TensorAddress,
  name: string,
  depth: number,
  columns: number,
): Layer {
  const { panel } = weightsFormat;
  return {
    weights: address(`${name}.weight`, [columns / panel, depth, panel], 'int8'),
    scale: address(`${name}.scale`, [columns]),
    bias: address(`${name}.bias`, [columns]),
    depth,
    columns,
  };
}

/** Count the numbers of the largest panel of a file. The kernel needs so much room to widen one. */
export function panelLength({ tensors }: StoredHeader): number {
  const packed = Object.values(tensors).filter(({ shape }) => shape.length === 3);
  return Math.max(...packed.map(({ shape: [, depth = 0, panel = 0] }) => depth * panel));
}

/** Copy a vector at unit length. */
export function normalised(values: Float32Array): Float32Array {
  let sum = 0;
  for (const value of values) sum += value * value;
  const scale = 1 / Math.sqrt(sum + 1e-12);
  return values.map((value) => value * scale);
}
