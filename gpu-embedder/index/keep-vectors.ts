import type { VectorIndex } from '../../src/artifact/manifest.ts';
import { vectorizeLimits } from '../../src/vectorize/limits.ts';

export interface KeptVectors {
  /** [count, dim] float32, little-endian. */
  readonly file: Uint8Array;
  readonly index: VectorIndex;
  /** Vectorize has its own. */
  readonly graph: null;
}

/**
 * Keep vectors as they are, for `publish` to put into Vectorize.
 *
 * @param vectors - [count, dim]
 */
export function keepVectors(vectors: Float32Array, dim: number): KeptVectors {
  return {
    file: new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength),
    index: {
      count: vectors.length / dim,
      M: null,
      efConstruction: null,
      efSearch: vectorizeLimits.topK,
      annRecallAt10: null,
      effort: [],
      recallQueries: null,
      quantisation: null,
    },
    graph: null,
  };
}
