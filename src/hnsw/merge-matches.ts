import type { Matches } from './searcher.ts';

/** The matches of a search over a part of the vectors; their ids count from `first`. */
export interface PartMatches {
  readonly first: number;
  readonly found: Matches;
}

/** Merge the matches of all parts and keep the best `k`. */
export function mergeMatches(parts: readonly PartMatches[], k: number): Matches {
  const all = parts.flatMap(({ first, found }) =>
    Array.from(found.ids, (id, i) => ({ id: first + id, score: found.scores[i]! })),
  );
  const best = all.sort((a, b) => b.score - a.score || a.id - b.id).slice(0, k);
  return {
    ids: Uint32Array.from(best, ({ id }) => id),
    scores: Float32Array.from(best, ({ score }) => score),
    exhaustive: parts.every(({ found }) => found.exhaustive),
    efSearch: Math.max(0, ...parts.map(({ found }) => found.efSearch)),
  };
}
