import { DiptychError } from '../errors.ts';

/**
 * Cosines that differ by less than this are a tie: float32 sums of the same vectors differ so much.
 */
const tieWidth = 1e-6;

/**
 * Count the wrong items that rank before the best answer of a query. A wrong item with the same
 * score as the answer ranks before it, so a constant embedding finds nothing.
 *
 * @param scores - cosines of the query with all items of the gallery
 * @param answers - positions of the right answers in the gallery
 * @returns 0 when an answer comes first; Infinity when no answer has a score that is a number
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
  // The condition is negated so that a wrong item whose score is NaN ranks before the answer, too.
  for (let item = 0; item < scores.length; item++) {
    if (!(scores[item]! < bar) && !right.has(item)) rank += 1;
  }
  return rank;
}
