import { beforeAll, describe, expect, it } from 'vitest';
import { buildGraph } from '../../gpu-embedder/index/graph/build-graph.ts';
import { createExactSearch } from '../../gpu-embedder/index/version/exact-search.ts';
import { openSearcher } from '../../gpu-embedder/index/version/open-searcher.ts';
import { xxh64 } from '../../gpu-embedder/index/version/xxh64.ts';
import { quantise } from '../../src/version/quantise.ts';
import { idsWithin, rangeOf, splitRange } from '../../src/version/ranges.ts';
import { writeVectorFile } from '../../src/version/write-vector-file.ts';
import { createItemFilter } from '../../src/hnsw/item-filter.ts';
import { joinSearchers } from '../../src/hnsw/join-searchers.ts';
import type { Searcher } from '../../src/hnsw/searcher.ts';
import { annRecallAtK } from '../../src/metrics/ann-recall.ts';
import { clusteredVectors, rowsOf } from '../index/clustered-vectors.ts';

const [count, dim, efSearch] = [2400, 24, 10];
const vectors = clusteredVectors(count, dim, 1);
const queries = rowsOf(clusteredVectors(200, dim, 2), dim);
const exactSearch = createExactSearch(vectors, dim);
const exact = queries.map((query) => exactSearch(query, 10));
let whole: Searcher;
let joined: ReturnType<typeof joinSearchers>;

async function open({ first, count: size }: { first: number; count: number }): Promise<Searcher> {
  const rows = vectors.subarray(first * dim, (first + size) * dim);
  const graph = await buildGraph(rows, dim, { M: 8, efConstruction: 60 });
  return openSearcher(writeVectorFile(graph, quantise(rows, dim, 'int8+residual'), xxh64));
}

beforeAll(async () => {
  whole = await open({ first: 0, count });
  const ranges = splitRange(count, 4);
  const searchers = await Promise.all(ranges.map(open));
  joined = joinSearchers(ranges.map((range, i) => ({ range, searcher: searchers[i] })));
}, 60_000);

describe('joinSearchers', () => {
  it('finds as much as one searcher does with the same effort', () => {
    const recall = (searcher: Pick<Searcher, 'search'>) =>
      annRecallAtK(
        queries.map((query) => searcher.search(query, 10, { efSearch }).ids),
        exact,
        10,
      );
    expect(whole.search(queries[0], 10, { efSearch }).exhaustive).toBe(false);
    expect(joined.search(queries[0], 10, { efSearch })).toMatchObject({
      exhaustive: false,
      efSearch,
    });
    expect(recall(joined)).toBeGreaterThanOrEqual(recall(whole));
  });

  it('gives the cosines of ids in their order', () => {
    const ids = [2399, 0, 600, 599, 1000];
    const [expected, got] = [whole, joined].map((one) => one.score(queries[0], ids));
    got.forEach((cosine, i) => expect(cosine).toBeCloseTo(expected[i], 3));
    const { ids: found, scores } = joined.search(queries[0], 5);
    expect(joined.score(queries[0], found)).toEqual(scores);
  });

  it('heeds a filter of all', () => {
    const filter = createItemFilter(count, (id) => id % 7 === 3);
    const { ids } = joined.search(queries[0], 20, { filter });
    expect(ids.length).toBe(20);
    expect(ids.every((id) => id % 7 === 3)).toBe(true);
  });
});

describe('ranges', () => {
  it('cover all, and differ by one at most', () => {
    expect(splitRange(10, 4)).toEqual([
      { first: 0, count: 2 },
      { first: 2, count: 3 },
      { first: 5, count: 2 },
      { first: 7, count: 3 },
    ]);
    expect(splitRange(1, 3).map((range) => range.count)).toEqual([0, 0, 1]);
  });

  it('find their ids', () => {
    const ranges = splitRange(10, 4);
    expect(idsWithin(ranges[1], [4, 9, 2, 1])).toEqual({
      places: [0, 2],
      local: Uint32Array.of(2, 0),
    });
    expect([0, 4, 5, 9].map((id) => rangeOf(ranges, id))).toEqual([0, 1, 2, 3]);
    expect(() => rangeOf(ranges, 10)).toThrow('id: expected one in 4 ranges, got 10');
  });
});
