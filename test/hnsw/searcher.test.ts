import { beforeAll, describe, expect, test } from 'vitest';
import { createExactSearch } from '../../gpu-embedder/index/version/exact-search.ts';
import { buildGraph } from '../../gpu-embedder/index/graph/build-graph.ts';
import { openSearcher } from '../../gpu-embedder/index/version/open-searcher.ts';
import { xxh64 } from '../../gpu-embedder/index/version/xxh64.ts';
import { createRandom } from '../../gpu-embedder/common/random.ts';
import { quantise, type Quantisation } from '../../src/version/quantise.ts';
import { writeVectorFile } from '../../src/version/write-vector-file.ts';
import type { HnswGraph } from '../../src/version/graph.ts';
import { createItemFilter } from '../../src/hnsw/item-filter.ts';
import type { Searcher } from '../../src/hnsw/searcher.ts';
import { annRecallAtK } from '../../src/metrics/ann-recall.ts';
import { clusteredVectors, rowsOf } from '../index/clustered-vectors.ts';

const dim = 48;
const count = 3000;
const M = 8;
const vectors = clusteredVectors(count, dim, 1);
const queries = rowsOf(clusteredVectors(200, dim, 2), dim);
let graph: HnswGraph;
let searcher: Searcher;
let exact: Uint32Array[];

beforeAll(async () => {
  graph = await buildGraph(vectors, dim, { M, efConstruction: 100 });
  searcher = openSearcher(writeVectorFile(graph, quantise(vectors, dim, 'int8+residual'), xxh64));
  const search = createExactSearch(vectors, dim);
  exact = queries.map((query) => search(query, 10));
});

test('every node can be reached on level 0', () => {
  const reached = new Set([graph.entryPoint]);
  for (const id of reached) for (const next of linksOf(id)) reached.add(next);
  expect(reached.size).toBe(count);
});

test('degrees are in bounds, and no node links to itself', () => {
  for (let id = 0; id < count; id++) {
    const links = [...linksOf(id)];
    expect(links.length).toBeLessThanOrEqual(2 * M);
    expect(links).not.toContain(id);
    expect(new Set(links).size).toBe(links.length);
  }
});

test('the walk finds what exact search finds', () => {
  const found = queries.map((query) => searcher.search(query, 10, { efSearch: 128 }).ids);
  expect(annRecallAtK(found, exact, 10)).toBeGreaterThan(0.98);
});

test('the scan finds what exact float32 search finds', () => {
  const found = queries.map((query) => searcher.scan(query, 10).ids);
  expect(annRecallAtK(found, exact, 10)).toBeGreaterThan(0.995);
});

test('the residual plane is what makes the scan exact', () => {
  const plain = openSearcher(writeVectorFile(graph, quantise(vectors, dim, 'int8'), xxh64));
  const found = queries.map((query) => plain.scan(query, 10).ids);
  expect(annRecallAtK(found, exact, 10)).toBeLessThan(0.995);
  expect(maxError(plain)).toBeGreaterThan(20 * maxError(searcher));
});

test('scores are cosines, whatever the length of the query', () => {
  const [query] = queries;
  const { ids, scores } = searcher.search(
    query.map((value) => 5 * value),
    10,
  );
  for (const [i, id] of ids.entries()) expect(scores[i]).toBeCloseTo(cosine(query, id), 4);
  expect(searcher.score(query, ids)).toEqual(scores);
  const all = searcher.scoreAll(query);
  expect(all).toHaveLength(count);
  expect([...ids].map((id) => all[id])).toEqual([...scores]);
});

test('a filtered scan finds only what passes, the best of it', () => {
  const [query] = queries;
  const { ids } = searcher.scan(
    query,
    5,
    createItemFilter(count, (id) => id % 100 === 3),
  );
  const best = Array.from({ length: 30 }, (_, i) => 100 * i + 3)
    .sort((a, b) => cosine(query, b) - cosine(query, a))
    .slice(0, 5);
  expect([...ids]).toEqual(best);
});

describe.each([0.5, 0.1, 0.01, 0.001])('where %d of all may be found', (share) => {
  const random = createRandom(5);
  const filter = createItemFilter(count, () => random.uniform() < share);
  const passes = (id: number) => (filter.bits[id >> 3] & (1 << (id & 7))) !== 0;

  test('only that is found, as exact search finds it', () => {
    const search = createExactSearch(vectors, dim);
    const wanted = queries.map((query) => search(query, count).filter(passes).slice(0, 10));
    const found = queries.map((query) => searcher.search(query, 10, { filter }).ids);
    for (const ids of found) expect([...ids].every(passes)).toBe(true);
    expect(filter.size).toBeGreaterThan(0);
    expect(found.map((ids) => ids.length)).toEqual(wanted.map((ids) => ids.length));
    const k = Math.min(10, filter.size);
    expect(annRecallAtK(found, wanted, k)).toBeGreaterThan(0.95);
  });
});

test('what passes is found though it lies far from the query', () => {
  // The worst for a walk: everything near is left out.
  const [query] = queries;
  const far = new Set([...searcher.scoreAll(query).keys()].sort(byScore(query)).slice(-2000));
  const filter = createItemFilter(count, (id) => far.has(id));
  const { ids, exhaustive } = searcher.search(query, 50, { filter });
  expect(ids).toHaveLength(50);
  expect(ids.every((id) => far.has(id))).toBe(true);
  expect(exhaustive).toBe(true);
});

test('nothing is found where nothing may be', () => {
  const filter = createItemFilter(count, () => false);
  expect(searcher.search(queries[0], 10, { filter }).ids).toHaveLength(0);
});

test('codes of a bit a dimension find most, and int8 re-scoring nearly all', () => {
  const open = (kind: Quantisation) =>
    openSearcher(writeVectorFile(graph, quantise(vectors, dim, kind), xxh64));
  const recall = (opened: Searcher) =>
    annRecallAtK(
      queries.map((query) => opened.search(query, 10, { efSearch: 256 }).ids),
      exact,
      10,
    );
  const [codes, both] = [open('1bit'), open('1bit+int8')];
  expect(recall(both)).toBeGreaterThan(0.95);
  expect(recall(codes)).toBeGreaterThan(0.3);
  expect(recall(codes)).toBeLessThan(recall(both));
  const { ids, scores } = both.search(queries[0], 10);
  for (const [i, id] of ids.entries()) expect(scores[i]).toBeCloseTo(cosine(queries[0], id), 2);
});

test('a vector finds itself', () => {
  for (const id of [0, 1234, count - 1])
    expect(searcher.search(searcher.vector(id), 1).ids[0]).toBe(id);
});

test('a collection smaller than k gives all of it; an empty one nothing', async () => {
  const few = vectors.slice(0, 3 * dim);
  const small = await buildGraph(few, dim, { M, efConstruction: 10 });
  const three = openSearcher(writeVectorFile(small, quantise(few, dim, 'int8+residual'), xxh64));
  expect(three.search(queries[0], 10).ids).toHaveLength(3);
  const none = await buildGraph(new Float32Array(), dim, { M, efConstruction: 10 });
  const empty = openSearcher(
    writeVectorFile(none, quantise(new Float32Array(), dim, 'int8+residual'), xxh64),
  );
  expect(empty.search(queries[0], 10).ids).toHaveLength(0);
  expect(empty.scan(queries[0], 10).ids).toHaveLength(0);
});

test('identical vectors are all found', async () => {
  const same = Float32Array.from({ length: 200 * dim }, (_, i) => vectors[i % dim]);
  const twins = await buildGraph(same, dim, { M, efConstruction: 50 });
  const found = openSearcher(writeVectorFile(twins, quantise(same, dim, 'int8+residual'), xxh64));
  expect(new Set(found.search(queries[0], 200, { efSearch: 200 }).ids).size).toBe(200);
});

test('wrong arguments are refused, saying what was expected', () => {
  const [query] = queries;
  expect(() => searcher.search(new Float32Array(7), 10)).toThrow('expected 48 numbers, got 7');
  expect(() => searcher.search(query, 0)).toThrow('k: expected 1 to 512, got 0');
  expect(() => searcher.search(query, 10, { efSearch: 1000 })).toThrow(
    'efSearch: expected 1 to 512, got 1000',
  );
  expect(() =>
    searcher.search(
      query.map(() => NaN),
      10,
    ),
  ).toThrow('expected finite numbers');
  expect(() => searcher.score(query, [count])).toThrow(`expected 0 to ${count - 1}, got ${count}`);
});

test('construction can be stopped', async () => {
  const stop = new AbortController();
  const building = buildGraph(
    vectors,
    dim,
    { M, efConstruction: 100 },
    {
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('stopped by the test')),
    },
  );
  await expect(building).rejects.toThrow('stopped by the test');
});

function linksOf(id: number): Uint32Array {
  return graph.links.subarray(graph.linkStarts[id], graph.linkStarts[id + 1]);
}

function cosine(query: Float32Array, id: number): number {
  return query.reduce((sum, value, j) => sum + value * vectors[id * dim + j], 0);
}

function byScore(query: Float32Array): (a: number, b: number) => number {
  const scores = searcher.scoreAll(query);
  return (a, b) => scores[b] - scores[a];
}

function maxError(opened: Searcher): number {
  const errors = Array.from({ length: 50 }, (_, id) =>
    Math.max(...opened.vector(id).map((value, j) => Math.abs(value - vectors[id * dim + j]))),
  );
  return Math.max(...errors);
}
