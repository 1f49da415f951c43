import { scoreRows } from '../embeddings/score-rows.ts';

export interface Nearest {
  /** Rows of the gallery, the nearest first. */
  readonly rows: readonly number[];
  /** Their cosines. */
  readonly similarities: readonly number[];
}

/**
 * Find the rows of a gallery that are nearest to each query, exactly.
 *
 * @param queries - [queries, dim], L2-normalised
 * @param gallery - [gallery, dim], L2-normalised
 * @param onProgress - called with the number of finished queries
 */
export async function nearestRows(
  queries: Float32Array,
  gallery: Float32Array,
  dim: number,
  count: number,
  { threads, onProgress = () => {} }: { threads?: number; onProgress?: (done: number) => void },
): Promise<Nearest[]> {
  const found: Nearest[] = [];
  if (queries.length === 0) return found;
  await scoreRows(queries, gallery, dim, threads, (query, scores) => {
    const rows = largest(scores, count);
    found[query] = { rows, similarities: rows.map((row) => scores[row]) };
    onProgress(query + 1);
  });
  return found;
}

/** Find the positions of the `count` largest scores by insertion; of equal scores the first wins. */
function largest(scores: Float32Array, count: number): number[] {
  const best: number[] = [];
  for (let row = 0; row < scores.length; row++) {
    if (best.length === count && scores[row] <= scores[best[count - 1]]) continue;
    let at = best.length < count ? best.length : count - 1;
    for (; at > 0 && scores[best[at - 1]] < scores[row]; at--) best[at] = best[at - 1];
    best[at] = row;
  }
  return best;
}
