import { vectorizeLimits } from '../../../src/vectorize/limits.ts';
import type { BuiltVectorIndex } from './build-vector-index.ts';

/**
 * Keep vectors as they are, for `publish` to put into Vectorize.
 *
 * @param vectors - [count, dim]
 */
export function keepVectors(vectors: Float32Array, dim: number): BuiltVectorIndex {
  const count = vectors.length / dim;
  const file = new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength);
  return {
    parts: [{ range: { first: 0, count }, file, graph: null }],
    index: {
      count,
      M: null,
      efConstruction: null,
      efSearch: vectorizeLimits.topK,
      annRecallAt10: null,
      effort: [],
      recallQueries: null,
      quantisation: null,
    },
  };
}
