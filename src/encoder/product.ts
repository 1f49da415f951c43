import type { EncoderKernel } from './encoder-kernel.ts';
import type { Room } from './encoder-memory.ts';
import type { Layer } from './layer.ts';

/** Rows in the memory: an address and the distances between groups and rows, bytes. */
interface Rows {
  readonly at: number;
  /** Leave it out where there is one group. */
  readonly group?: number;
  /** Leave it out where there is one row. */
  readonly row?: number;
}

/** A product of rows with the matrix of a layer: output = input x layer (+ output) (then relu). */
export interface Product {
  readonly layer: Layer;
  /** Groups of rows, as the lines of a map are; 1 by default. */
  readonly groups?: number;
  /** Rows of a group; 1 by default. */
  readonly rows?: number;
  /** Distance between the pieces that a row of the input is made of. */
  readonly segmentDistance?: number;
  readonly input: Rows;
  /**
   * The map that the rows lie in, which is quantised once with one scale. Rows without a map do not
   * overlap; each is quantised with a scale of its own.
   */
  readonly map?: { readonly at: number; readonly values: Float32Array };
  readonly output: Rows;
  readonly quantised: QuantisedRoom;
  /** Add to what the output holds. */
  readonly accumulate?: boolean;
  readonly relu?: boolean;
}

/** Room for the whole numbers of an input, and for a scale for each of its rows. */
export interface QuantisedRoom {
  readonly numbers: Room;
  readonly scales: Room;
}

/** Count the float32 that hold `count` int16, and the one behind the last that a kernel reads. */
export const roomOfInt16 = (count: number): number => Math.ceil(count / 2) + 1;

/** Largest whole number of an activation: 13 bits and a sign. */
const widest = 8191;

/**
 * The largest whole number that an activation may become, so that sums over a depth fit in 32 bits:
 * range * 127 * depth < 2^31. Depths above 2,064 get fewer than 13 bits.
 */
export function rangeOf(depth: number): number {
  return Math.min(widest, Math.floor((2 ** 31 - 1) / (127 * depth)));
}

/** Run a product on the kernel, whose arguments are numbers by position. */
export function multiply(kernel: EncoderKernel, product: Product): void {
  const { layer, input, output, map, groups = 1, rows = 1, segmentDistance = 0 } = product;
  const { accumulate = false, relu = false } = product;
  const { numbers, scales } = product.quantised;
  const range = rangeOf(layer.depth);
  if (map) kernel.quantise(1, map.values.length, map.at, 0, range, numbers.at, scales.at);
  else kernel.quantise(rows, layer.depth, input.at, input.row ?? 0, range, numbers.at, scales.at);
  // An int16 takes half the bytes of a float32.
  const at = numbers.at + (map ? (input.at - map.at) / 2 : 0);
  const row = map ? (input.row ?? 0) / 2 : 2 * layer.depth;
  kernel.product(
    groups,
    rows,
    layer.segments,
    layer.pairs,
    layer.columns,
    at,
    (input.group ?? 0) / 2,
    row,
    segmentDistance / 2,
    scales.at,
    map ? 0 : 4,
    layer.weights,
    layer.scale,
    layer.bias,
    output.at,
    output.group ?? 0,
    output.row ?? 0,
    accumulate,
    relu,
  );
}
