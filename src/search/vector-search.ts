import type { PartialAnswer } from '../http/api.ts';
import type { Matches, SearchOptions } from '../hnsw/searcher.ts';
import type { LocalVectors } from './open/open-local-vectors.ts';

/**
 * The vectors of a collection, wherever they are: in this isolate, in others, in a service. Ids are
 * ordinals, queries are [dim] and need not be normalised.
 */
export interface VectorSearch {
  /** Find the nearest vectors, `k` of them where there are so many. */
  search(query: Float32Array, k: number, options?: SearchOptions): Promise<Found>;
  /** How many of `ids` are scored, where that is bounded: the others get NaN. */
  readonly mostScored?: number;
  /** Cosine of each of `ids`, in their order. */
  score(query: Float32Array, ids: ArrayLike<number>): Promise<Scores>;
  /** The vector `id`: [dim]. */
  vector(id: number): Promise<Float32Array>;
}

export interface Found extends Matches {
  /** Given where some of the vectors could not be asked. */
  readonly partial?: PartialAnswer;
}

export interface Scores {
  /** NaN where the vector could not be asked. */
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

/** What two answers from the same vectors lack together. */
export function joinPartial(a?: PartialAnswer, b?: PartialAnswer): PartialAnswer | undefined {
  return !a || (b && b.answered < a.answered) ? b : a;
}
