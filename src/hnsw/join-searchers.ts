import { idsWithin, rangeOf, type Range } from '../version/ranges.ts';
import { filterWithin } from './item-filter.ts';
import { mergeMatches } from './merge-matches.ts';
import type { Searcher } from './searcher.ts';

/** A searcher over a part of the vectors. */
export interface SearcherPart {
  readonly range: Range;
  readonly searcher: Pick<Searcher, 'search' | 'score' | 'vector'>;
}

/** Search several parts in one process as if they were one; the edge does so across isolates. */
export function joinSearchers(parts: readonly SearcherPart[]): SearcherPart['searcher'] {
  const ranges = parts.map(({ range }) => range);
  return {
    search(query, k, { efSearch, filter } = {}) {
      const found = parts.map(({ range, searcher }) => ({
        first: range.first,
        found: searcher.search(query, k, {
          efSearch,
          filter: filter && filterWithin(range, filter),
        }),
      }));
      return mergeMatches(found, k);
    },
    score(query, ids) {
      const cosines = new Float32Array(ids.length);
      for (const { range, searcher } of parts) {
        const { places, local } = idsWithin(range, ids);
        searcher.score(query, local).forEach((cosine, i) => (cosines[places[i]!] = cosine));
      }
      return cosines;
    },
    vector(id) {
      const { range, searcher } = parts[rangeOf(ranges, id)]!;
      return searcher.vector(id - range.first);
    },
  };
}
