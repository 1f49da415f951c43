import { bestRank } from '../../src/metrics/best-rank.ts';
import { scoreRows } from './score-rows.ts';

/** Queries and a gallery in one space. */
export interface RankedSearch {
  /** [queries, dim], L2-normalised. */
  readonly queries: Float32Array;
  /** [gallery, dim], L2-normalised. */
  readonly gallery: Float32Array;
  readonly dim: number;
  /** Rows of the gallery that answer each query, one at least. */
  readonly answers: readonly (readonly number[])[];
  readonly threads?: number;
}

/** Count the wrong rows that stand before the best answer of each query; ties count against it. */
export async function queryRanks(search: RankedSearch): Promise<number[]> {
  const { queries, gallery, dim, answers, threads } = search;
  const ranks: number[] = [];
  await scoreRows(queries, gallery, dim, threads, (query, scores) => {
    ranks[query] = bestRank(scores, answers[query]);
  });
  return ranks;
}
