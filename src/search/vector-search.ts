import type { PartialAnswer } from '../http/api.ts';
import type { Matches, SearchOptions } from '../hnsw/searcher.ts';
import type { LocalVectors } from './open/open-local-vectors.ts';

/**
 * The vectors of a collection. They may lie in this isolate, in other isolates or in a service. Ids
 * are ordinals. Queries are [dim] and need not be normalised.
 */
export interface VectorSearch {
  /** Find the `k` nearest vectors, or all of them where there are fewer. */
  search(query: Float32Array, k: number, options?: SearchOptions): Promise<Found>;
  /** The most ids that `score` scores, where there is a limit. Ids after these get NaN. */
  readonly mostScored?: number;
  /** Cosine of each of `ids`, in their order. */
  score(query: Float32Array, ids: ArrayLike<number>): Promise<Scores>;
  /** The vector `id`: [dim]. */
  vector(id: number): Promise<Float32Array>;
}

export interface Found extends Matches {
  /** Given where some of the vectors could not be searched. */
  readonly partial?: PartialAnswer;
}

export interface Scores {
  /** NaN where a vector could not be scored. */
  readonly cosines: Float32Array;
  readonly partial?: PartialAnswer;
}

/** Search vectors in this isolate. */
export function localVectors(searcher: LocalVectors): VectorSearch {
  return {
    search: async (query, k, options) => searcher.search(query, k, options),
    score: async (query, ids) => ({ cosines: searcher.score(query, ids) }),
    vector: async (id) => searcher.vector(id),
  };
}

/** Join what is missing in two answers from the same vectors. */
export function joinPartial(a?: PartialAnswer, b?: PartialAnswer): PartialAnswer | undefined {
  return !a || (b && b.answered < a.answered) ? b : a;
}
