import { alignUp } from '../../../src/version/format.ts';
import { createMemory, instantiate } from '../../../src/kernel/webassembly.ts';
import { loadWasm } from '../../common/wasm-modules.ts';

interface ExactKernel {
  products(query: number, vectors: number, count: number, stride: number, out: number): void;
}

const page = 65536;

/**
 * Create exact float32 search over vectors.
 *
 * @param vectors - [count, dim]
 * @returns the ordinals of the `k` largest inner products, best first
 */
export function createExactSearch(
  vectors: Float32Array,
  dim: number,
): (query: Float32Array, k: number) => Uint32Array {
  const count = vectors.length / dim;
  const stride = alignUp(dim, 16);
  const queryAt = page;
  const outAt = queryAt + alignUp(4 * stride);
  const vectorsAt = outAt + alignUp(4 * count);
  const memory = createMemory(Math.ceil((vectorsAt + 4 * stride * count) / page));
  const rows = new Float32Array(memory.buffer, vectorsAt, stride * count);
  for (let i = 0; i < count; i++) {
    rows.set(vectors.subarray(i * dim, (i + 1) * dim), i * stride);
  }
  const kernel = instantiate<ExactKernel>(loadWasm('exact'), memory);
  const scores = new Float32Array(memory.buffer, outAt, count);
  return (query, k) => {
    new Float32Array(memory.buffer, queryAt, dim).set(query);
    kernel.products(queryAt, vectorsAt, count, stride, outAt);
    return largest(scores, Math.min(k, count));
  };
}

/** Find the positions of the `k` largest scores by insertion, which is fast for a small `k`. */
function largest(scores: Float32Array, k: number): Uint32Array {
  const ids = new Uint32Array(k);
  let size = 0;
  for (let id = 0; id < scores.length; id++) {
    const score = scores[id];
    if (size === k && score <= scores[ids[k - 1]]) continue;
    let at = size < k ? size++ : k - 1;
    for (; at > 0 && scores[ids[at - 1]] < score; at--) ids[at] = ids[at - 1];
    ids[at] = id;
  }
  return ids;
}
