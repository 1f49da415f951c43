import { DiptychError } from '../errors.ts';

export interface RetrievalTask {
  /** [queries, dim], L2-normalised. */
  readonly queries: Float32Array;
  /** [gallery, dim], L2-normalised. */
  readonly gallery: Float32Array;
  readonly dim: number;
  /** Gallery ordinals that answer a query; a query needs one at least. */
  readonly relevant: (query: number) => readonly number[];
}

/**
 * Measure the share of queries that find any of their answers among the first K.
 *
 * Ties count against the query: an answer stands behind everything that scores the same, so a
 * constant embedding has recall 0. Names as in CLIP_benchmark, where this is `recall@K`.
 *
 * @returns recall, 0 to 1, in the order of `ks`
 * @throws DiptychError `bad_request` when lengths do not fit or a query has no answer
 */
export function retrievalRecallAtK(task: RetrievalTask, ks: readonly number[]): number[] {
  const ranks = bestRanks(task);
  return ks.map((k) => ranks.filter((rank) => rank < k).length / ranks.length);
}

/** Number of wrong items that stand before the best answer of each query. */
export function bestRanks({ queries, gallery, dim, relevant }: RetrievalTask): number[] {
  const queryCount = rows('queries', queries, dim);
  const galleryCount = rows('gallery', gallery, dim);
  const scores = new Float64Array(galleryCount);
  const ranks: number[] = [];
  for (let query = 0; query < queryCount; query++) {
    for (let item = 0; item < galleryCount; item++) {
      let dot = 0;
      for (let j = 0; j < dim; j++) dot += queries[query * dim + j] * gallery[item * dim + j];
      scores[item] = dot;
    }
    const answers = new Set(relevant(query));
    if (answers.size === 0) {
      throw new DiptychError('bad_request', `query ${query}: expected an answer, got none`);
    }
    let best = -Infinity;
    for (const answer of answers) if (scores[answer] > best) best = scores[answer];
    let rank = 0;
    // Written so that a score that is no number stands before the answer as well.
    for (let item = 0; item < galleryCount; item++) {
      if (!(scores[item] < best) && !answers.has(item)) rank += 1;
    }
    ranks.push(best === -Infinity ? Infinity : rank);
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
