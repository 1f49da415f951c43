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

/** How many rows a product has. */
interface Counts {
  /** Groups of rows, as the lines of a map are; 1 by default. */
  readonly groups?: number;
  /** Rows of a group; 1 by default. */
  readonly rows?: number;
}

/** Scratch for the quantised rows of a product. */
export interface Quantised {
  readonly codes: Room;
  readonly rowScales: Room;
}

/** Rows to quantise. */
export interface Quantisation extends Counts {
  readonly input: Rows;
  /** Numbers of a row. */
  readonly depth: number;
  /** Pieces that a row of the input is made of, and the distance between them; one by default. */
  readonly segments?: { readonly count: number; readonly distance: number };
  readonly quantised: Quantised;
}

/** A product of quantised rows with the matrix of a layer: output = rows x layer (+ output) (then relu). */
export interface Product extends Counts {
  readonly layer: Layer;
  readonly output: Rows;
  readonly quantised: Quantised;
  /** Add to what the output holds. */
  readonly accumulate?: boolean;
  readonly relu?: boolean;
}

/** 13 bits: more gain nothing beside weights of 8. */
const largestCode = 8191;

/** The largest code of a row with which no sum of products with int8 weights leaves int32. */
export function codeLimit(depth: number): number {
  return Math.min(largestCode, Math.floor((2 ** 31 - 1) / (127 * depth)));
}

/** Lengths of {@link Quantised}, in float32, for products of at most `rows` rows of `depth` each. */
export function quantisedLengths(
  products: readonly { readonly rows: number; readonly depth: number }[],
): { codes: number; rowScales: number } {
  // A row starts at a multiple of 16 bytes: 8 codes, the room of 4 numbers.
  const codes = products.map(({ rows, depth }) => rows * 4 * Math.ceil(depth / 8));
  return { codes: Math.max(...codes), rowScales: Math.max(...products.map(({ rows }) => rows)) };
}

/** Quantise the rows of products that follow. */
export function quantise(kernel: EncoderKernel, quantisation: Quantisation): void {
  const { input, depth, quantised, groups = 1, rows = 1 } = quantisation;
  const { count, distance } = quantisation.segments ?? { count: 1, distance: 0 };
  kernel.quantise(
    groups,
    rows,
    count,
    depth / count,
    input.at,
    input.group ?? 0,
    input.row ?? 0,
    distance,
    codeLimit(depth),
    quantised.codes.at,
    quantised.rowScales.at,
  );
}

/** Run a product of the rows that were quantised last. */
export function multiplyQuantised(kernel: EncoderKernel, product: Product): void {
  const { layer, output, quantised, groups = 1, rows = 1 } = product;
  const { accumulate = false, relu = false } = product;
  kernel.product(
    groups,
    rows,
    layer.depth,
    layer.columns,
    quantised.codes.at,
    quantised.rowScales.at,
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

/** Quantise rows and multiply them. */
export function multiply(
  kernel: EncoderKernel,
  product: Product & Omit<Quantisation, 'depth'>,
): void {
  quantise(kernel, { ...product, depth: product.layer.depth });
  multiplyQuantised(kernel, product);
}
