import { DiptychError } from '../errors.ts';
import { bestRank } from './best-rank.ts';

export interface RetrievalTask {
  /** [queries, dim], L2-normalised. */
  readonly queries: Float32Array;
  /** [gallery, dim], L2-normalised. */
  readonly gallery: Float32Array;
  readonly dim: number;
  /** Ordinals of the right answers of a query in the gallery; every query needs at least one. */
  readonly relevant: (query: number) => readonly number[];
}

/**
 * Measure the share of queries that find one of their answers among the first K. CLIP_benchmark
 * calls it `recall@K`.
 *
 * A wrong item with the same score as an answer ranks before it, so a constant embedding has recall
 * 0.
 *
 * @returns recall, 0 to 1, in the order of `ks`
 * @throws DiptychError `bad_request` when lengths do not fit or a query has no answer
 */
export function retrievalRecallAtK(task: RetrievalTask, ks: readonly number[]): number[] {
  return recallAtK(bestRanks(task), ks);
}

/**
 * Turn ranks into recall.
 *
 * @param ranks - the number of wrong items before the best answer of each query
 * @returns 0 to 1, in the order of `ks`
 */
export function recallAtK(ranks: readonly number[], ks: readonly number[]): number[] {
  return ks.map((k) => ranks.filter((rank) => rank < k).length / ranks.length);
}

/** Count the wrong items that rank before the best answer of each query. */
export function bestRanks({ queries, gallery, dim, relevant }: RetrievalTask): number[] {
  const queryCount = rows('queries', queries, dim);
  const galleryCount = rows('gallery', gallery, dim);
  const scores = new Float64Array(galleryCount);
  const ranks: number[] = [];
  for (let query = 0; query < queryCount; query++) {
    for (let item = 0; item < galleryCount; item++) {
      let dot = 0;
      for (let j = 0; j < dim; j++) dot += queries[query * dim + j]! * gallery[item * dim + j]!;
      scores[item] = dot;
    }
    ranks.push(bestRank(scores, relevant(query)));
  }
  return ranks;
}

function rows(name: string, embeddings: Float32Array, dim: number): number {
  const count = embeddings.length / dim;
  if (Number.isInteger(count) && count > 0) return count;
  throw new DiptychError(
    'bad_request',
    `${name}: expected a positive multiple of ${dim} numbers, got ${embeddings.length}`,
  );
}
