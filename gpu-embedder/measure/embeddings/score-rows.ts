import { Graph } from '../../learn/onnx/graph.ts';
import * as op from '../../learn/onnx/operators/index.ts';
import { openSession, tensor } from '../../learn/onnx/session.ts';
import { writeModel } from '../../learn/onnx/model-proto.ts';

/** Number of queries scored together. */
const blockSize = 128;

/**
 * Compute the cosines of every query with a whole gallery, a row at a time, on all cores.
 *
 * @param queries - [queries, dim], L2-normalised
 * @param gallery - [gallery, dim], L2-normalised
 * @param visit - called with the number of a query and its scores; the next call overwrites them
 */
export async function scoreRows(
  queries: Float32Array,
  gallery: Float32Array,
  dim: number,
  threads: number | undefined,
  visit: (query: number, scores: Float32Array) => void,
): Promise<void> {
  const queryCount = queries.length / dim;
  const galleryCount = gallery.length / dim;
  const session = await openSession(productModel(galleryCount, dim), { threads });
  try {
    const wrapped = tensor(gallery, [galleryCount, dim]);
    for (let first = 0; first < queryCount; first += blockSize) {
      const count = Math.min(blockSize, queryCount - first);
      const block = queries.subarray(first * dim, (first + count) * dim);
      const feeds = { queries: tensor(block, [count, dim]), gallery: wrapped };
      const scores = (await session.run(feeds)).scores.data as Float32Array;
      for (let i = 0; i < count; i++) {
        visit(first + i, scores.subarray(i * galleryCount, (i + 1) * galleryCount));
      }
    }
  } finally {
    await session.close();
  }
}

function productModel(galleryCount: number, dim: number): Uint8Array {
  const graph = new Graph();
  const queries = graph.input('queries', [blockSize, dim], 'float32', ['queries', dim]);
  const gallery = graph.input('gallery', [galleryCount, dim]);
  const scores = op.Gemm(graph, queries, gallery, null, { transB: true });
  graph.output(scores, 'scores', ['queries', galleryCount]);
  return writeModel(graph);
}
