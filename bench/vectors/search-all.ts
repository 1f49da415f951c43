import type { Searcher } from '../../src/hnsw/searcher.ts';

/**
 * Search for every query in turn.
 *
 * @param queries - [n, dim]
 * @returns ids of the nearest vectors, [n, k]
 */
export function searchAll(
  searcher: Searcher,
  queries: Float32Array,
  k: number,
  efSearch: number,
): Uint32Array<ArrayBuffer> {
  const { dim } = searcher.header;
  const ids = new Uint32Array((queries.length / dim) * k);
  for (let i = 0; i < queries.length / dim; i++) {
    const query = queries.subarray(i * dim, (i + 1) * dim);
    ids.set(searcher.search(query, k, { efSearch }).ids, i * k);
  }
  return ids;
}
