import { DiptychError } from '../errors.ts';

/**
 * Measure which share of the exact nearest neighbours an approximate search found.
 *
 * @param found - ids of each query, best first
 * @param exact - ids of each query by exact search, best first
 * @returns 0 to 1: the share of the first `k` exact ids that are among the first `k` found, on
 *   average
 */
export function annRecallAtK(
  found: readonly ArrayLike<number>[],
  exact: readonly ArrayLike<number>[],
  k: number,
): number {
  if (found.length !== exact.length || exact.length === 0) {
    throw new DiptychError(
      'bad_request',
      `annRecall@${k}: expected as many results as exact ones, at least 1, got ${found.length} and ${exact.length}`,
    );
  }
  let sum = 0;
  for (const [query, truth] of exact.entries()) {
    const wanted = new Set(Array.from(truth).slice(0, k));
    const got = new Set(Array.from(found[query]!).slice(0, k));
    let common = 0;
    for (const id of got) if (wanted.has(id)) common += 1;
    // A gallery of fewer than k items has fewer than k neighbours.
    sum += wanted.size === 0 ? 1 : common / wanted.size;
  }
  return sum / exact.length;
}
