import { bestRank } from '../../../src/metrics/best-rank.ts';
import { scoreRows } from '../embeddings/score-rows.ts';

/** Queries and a gallery in one space. */
export interface RankedSearch {
  /** [queries, dim], L2-normalised. */
  readonly queries: Float32Array;
  /** [gallery, dim], L2-normalised. */
  readonly gallery: Float32Array;
  readonly dim: number;
  /** Rows of the gallery that answer each query: at least one. */
  readonly answers: readonly (readonly number[])[];
  readonly threads?: number;
}

/** Count the wrong rows ranked before the best answer of each query; a tie counts as before. */
export async function queryRanks(search: RankedSearch): Promise<number[]> {
  const { queries, gallery, dim, answers, threads } = search;
  const ranks: number[] = [];
  await scoreRows(queries, gallery, dim, threads, (query, scores) => {
    ranks[query] = bestRank(scores, answers[query]);
  });
  return ranks;
}
