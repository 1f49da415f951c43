import { alignUp, vectorFormat } from './format.ts';

/** Where a vector file begins in WASM memory. It is not 0, because address 0 means that a section is absent. */
export const searcherFileOffset = 64;

/** Largest `efSearch` that a searcher takes by default. */
export const defaultEfMax = 512;

const pageBytes = 65536;

/** Offsets of the scratch areas of a search; they lie after the file. */
export interface SearcherScratch {
  /** One bit a vector. */
  readonly visited: number;
  /** One bit a vector, in whole words of 64. */
  readonly filter: number;
  readonly query: number;
  /** Two rows: the query times the scales, and times the residual scales. */
  readonly floatQuery: number;
  readonly ids: number;
  readonly scores: number;
  readonly pool: number;
  readonly end: number;
  /** The number of ids for which `ids` and `scores` have room. */
  readonly capacity: number;
}

/** Lay out the scratch areas, for any dim and M that the format allows. */
export function searcherScratch(
  fileOffset: number,
  fileBytes: number,
  count: number,
  efMax: number,
): SearcherScratch {
  const capacity = Math.max(efMax, 2 * vectorFormat.maxM);
  const visited = alignUp(fileOffset + fileBytes);
  const filter = alignUp(visited + Math.ceil(count / 8));
  const query = alignUp(filter + 8 * Math.ceil(count / 64));
  const floatQuery = query + 2 * vectorFormat.maxDim;
  const ids = floatQuery + 8 * vectorFormat.maxDim;
  const scores = alignUp(ids + 4 * capacity);
  const pool = alignUp(scores + 4 * capacity);
  const end = pool + 8 * efMax;
  return { visited, filter, query, floatQuery, ids, scores, pool, end, capacity };
}

/**
 * Pages of 64 KiB that a memory needs for a searcher over a file at {@link searcherFileOffset}.
 *
 * @param count - the number of vectors, or an upper bound of it
 */
export function searcherMemoryPages(
  fileBytes: number,
  count: number,
  efMax: number = defaultEfMax,
): number {
  return Math.ceil(searcherScratch(searcherFileOffset, fileBytes, count, efMax).end / pageBytes);
}
