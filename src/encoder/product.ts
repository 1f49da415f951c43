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
export interface Quantisation {
  readonly input: Rows;
  readonly rows?: number;
  /** Numbers of a row. */
  readonly depth: number;
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
  const { input, rows = 1, depth, quantised } = quantisation;
  const { codes, rowScales } = quantised;
  kernel.quantise(rows, depth, input.at, input.row ?? 0, codeLimit(depth), codes.at, rowScales.at);
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
  product: Omit<Product, 'groups'> & Omit<Quantisation, 'depth'>,
): void {
  quantise(kernel, { ...product, depth: product.layer.depth });
  multiplyQuantised(kernel, product);
}

/** A product of the rows of a convolution, which overlap in a map. */
export interface Convolution extends Product {
  readonly map: Room;
  /** Scratch for the map. */
  readonly quantisedMap: Quantised;
  readonly input: Rows;
  /** Pieces that a row of the input is made of, and the distance between them. */
  readonly segments: { readonly count: number; readonly distance: number };
}

/** Quantise a map and multiply the rows in it. */
export function convolve(kernel: EncoderKernel, convolution: Convolution): void {
  const {
    layer,
    map,
    quantisedMap,
    quantised,
    input,
    segments,
    groups = 1,
    rows = 1,
  } = convolution;
  const { codes, rowScales } = quantisedMap;
  // The depth of a row decides how large a code may be; the map has many rows.
  kernel.quantise(1, map.values.length, map.at, 0, codeLimit(layer.depth), codes.at, rowScales.at);
  // A code takes half the bytes of a float32.
  const place = (bytes = 0): number => bytes / 2;
  kernel.gather(
    groups,
    rows,
    segments.count,
    layer.depth / segments.count,
    codes.at + place(input.at - map.at),
    place(input.group),
    place(input.row),
    place(segments.distance),
    rowScales.at,
    quantised.codes.at,
    quantised.rowScales.at,
  );
  multiplyQuantised(kernel, convolution);
}
