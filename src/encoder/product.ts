import type { EncoderKernel } from './encoder-kernel.ts';
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
  /** Pieces that a row of the input is made of, and the distance between them; one by default. */
  readonly segments?: { readonly count: number; readonly distance: number };
  readonly input: Rows;
  readonly output: Rows;
  /** Room for the widened numbers of 8 columns, see `panelLength`. */
  readonly panelAt: number;
  /** Add to what the output holds. */
  readonly accumulate?: boolean;
  readonly relu?: boolean;
}

/** Run a product on the kernel, whose arguments are numbers by position. */
export function multiply(kernel: EncoderKernel, product: Product): void {
  const { layer, input, output, panelAt, groups = 1, rows = 1 } = product;
  const { count, distance } = product.segments ?? { count: 1, distance: 0 };
  const { accumulate = false, relu = false } = product;
  kernel.product(
    groups,
    rows,
    count,
    layer.depth / count,
    layer.columns,
    input.at,
    input.group ?? 0,
    input.row ?? 0,
    distance,
    layer.weights,
    layer.scale,
    layer.bias,
    panelAt,
    output.at,
    output.group ?? 0,
    output.row ?? 0,
    accumulate,
    relu,
  );
}
