import { DiptychError } from '../errors.ts';

/** Cosines that differ by less are a tie: float32 sums of the same vectors differ by as much. */
const tieWidth = 1e-6;

/**
 * Count the wrong items that stand before the best answer of a query. Ties count against the query,
 * so that a constant embedding finds nothing.
 *
 * @param scores - cosines of the query with the whole gallery
 * @param answers - positions in it
 * @returns 0 when an answer comes first; Infinity when its score is no number
 * @throws DiptychError `bad_request` when there is no answer
 */
export function bestRank(scores: ArrayLike<number>, answers: readonly number[]): number {
  if (answers.length === 0) {
    throw new DiptychError('bad_request', 'ranks: expected an answer of each query, got none');
  }
  const right = new Set(answers);
  let best = -Infinity;
  for (const answer of right) {
    const score = scores[answer] ?? NaN;
    if (score > best) best = score;
  }
  if (best === -Infinity) return Infinity;
  const bar = best - tieWidth;
  let rank = 0;
  // Written so that a score that is no number stands before the answer as well.
  for (let item = 0; item < scores.length; item++) {
    if (!(scores[item]! < bar) && !right.has(item)) rank += 1;
  }
  return rank;
}
