import { DiptychError } from '../errors.ts';
import type { TensorAddress } from './encoder-memory.ts';
import { weightsFormat } from '../version/weights-format.ts';

/** Addresses of a dense or convolution layer. */
export interface Layer {
  readonly weights: number;
  readonly scale: number;
  readonly bias: number;
  /** Numbers that go into one output. */
  readonly depth: number;
  readonly columns: number;
}

/** Addresses of a layer normalisation. */
export interface Norm {
  readonly scale: number;
  readonly bias: number;
}

/**
 * The shape of a packed matrix.
 *
 * @throws DiptychError `unreadable_model`: the kernel computes whole panels of columns
 */
export function packedShape(depth: number, columns: number): readonly [number, number, number] {
  const { panel } = weightsFormat;
  if (columns % panel.columns !== 0) {
    throw new DiptychError(
      'unreadable_model',
      `matrix: columns: expected a multiple of ${panel.columns}, got ${columns}`,
    );
  }
  return [columns / panel.columns, Math.ceil(depth / panel.depths), panel.columns * panel.depths];
}

/** Find the tensors `NAME.weight` (packed), `NAME.scale` and `NAME.bias`. */
export function findLayer(
  address: TensorAddress,
  name: string,
  depth: number,
  columns: number,
): Layer {
  return {
    weights: address(`${name}.weight`, packedShape(depth, columns), 'int8'),
    scale: address(`${name}.scale`, [columns]),
    bias: address(`${name}.bias`, [columns]),
    depth,
    columns,
  };
}

/** Find the tensors `NAME.weight` and `NAME.bias` of a layer normalisation. */
export function findNorm(address: TensorAddress, name: string, width: number): Norm {
  return {
    scale: address(`${name}.weight`, [width]),
    bias: address(`${name}.bias`, [width]),
  };
}

/** Take the columns from `from` on, `columns` of them: both multiples of those of a panel. */
export function columnsOf(layer: Layer, from: number, columns: number): Layer {
  const [panels, pairs, numbers] = packedShape(layer.depth, from);
  return {
    weights: layer.weights + panels * pairs * numbers,
    scale: layer.scale + 4 * from,
    bias: layer.bias + 4 * from,
    depth: layer.depth,
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
