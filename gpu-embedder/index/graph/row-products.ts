import { alignUp } from '../../../src/version/format.ts';
import { createMemory, instantiate } from '../../../src/kernel/webassembly.ts';
import { loadWasm } from '../../common/wasm-modules.ts';

/** Computes inner products of rows of a matrix, for a list of ids in each call. */
export interface RowProducts {
  /** [capacity]: the caller writes the ids to multiply with. */
  readonly ids: Uint32Array;
  /** [capacity]: `multiply` writes their products. */
  readonly products: Float32Array;
  /** Multiply row `id` with the rows that the first `n` of `ids` name. */
  multiply(id: number, n: number): void;
  /** Tell whether any of these products is above a score. */
  anyAbove(id: number, n: number, score: number): boolean;
}

/** The arguments that both kernels begin with. */
type Rows = [id: number, vectors: number, ids: number, count: number, stride: number];

interface RowKernel {
  rowProducts(...args: [...rows: Rows, out: number]): void;
  anyAbove(...args: [...rows: Rows, score: number]): number;
}

const page = 65536;

/**
 * Copy vectors into WASM memory, as float32.
 *
 * @param vectors - [count, dim]
 * @param capacity - length of the longest list of ids
 */
export function createRowProducts(
  vectors: Float32Array,
  dim: number,
  capacity: number,
): RowProducts {
  const count = vectors.length / dim;
  const stride = alignUp(dim, 16);
  const outAt = page + alignUp(4 * capacity);
  const vectorsAt = outAt + alignUp(4 * capacity);
  const memory = createMemory(Math.ceil((vectorsAt + 4 * stride * count) / page));
  const rows = new Float32Array(memory.buffer, vectorsAt, stride * count);
  if (stride === dim) rows.set(vectors);
  for (let i = 0; stride !== dim && i < count; i++) {
    rows.set(vectors.subarray(i * dim, (i + 1) * dim), i * stride);
  }
  const kernel = instantiate<RowKernel>(loadWasm('exact'), memory);
  return {
    ids: new Uint32Array(memory.buffer, page, capacity),
    products: new Float32Array(memory.buffer, outAt, capacity),
    multiply: (id, n) => kernel.rowProducts(id, vectorsAt, page, n, stride, outAt),
    anyAbove: (id, n, score) => kernel.anyAbove(id, vectorsAt, page, n, stride, score) !== 0,
  };
}
