import { beforeAll, expect, test } from 'vitest';
import { createExactSearch } from '../../gpu-embedder/index/exact-search.ts';
import { buildGraph } from '../../gpu-embedder/index/build-graph.ts';
import { openSearcher } from '../../gpu-embedder/index/open-searcher.ts';
import { xxh64 } from '../../gpu-embedder/index/xxh64.ts';
import { quantise } from '../../src/artifact/quantise.ts';
import { writeVectorFile } from '../../src/artifact/write-vector-file.ts';
import type { HnswGraph } from '../../src/hnsw/graph.ts';
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
  searcher = openSearcher(writeVectorFile(graph, quantise(vectors, dim, true), xxh64));
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
  const found = queries.map((query) => searcher.search(query, 10, 128).ids);
  expect(annRecallAtK(found, exact, 10)).toBeGreaterThan(0.98);
});

test('the scan finds what exact float32 search finds', () => {
  const found = queries.map((query) => searcher.scan(query, 10).ids);
  expect(annRecallAtK(found, exact, 10)).toBeGreaterThan(0.995);
});

test('the residual plane is what makes the scan exact', () => {
  const plain = openSearcher(writeVectorFile(graph, quantise(vectors, dim, false), xxh64));
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
  const { ids } = searcher.scan(query, 5, (id) => id % 100 === 3);
  const best = Array.from({ length: 30 }, (_, i) => 100 * i + 3)
    .sort((a, b) => cosine(query, b) - cosine(query, a))
    .slice(0, 5);
  expect([...ids]).toEqual(best);
});

test('a vector finds itself', () => {
  for (const id of [0, 1234, count - 1])
    expect(searcher.search(searcher.vector(id), 1).ids[0]).toBe(id);
});

test('a collection smaller than k gives all of it; an empty one nothing', async () => {
  const few = vectors.slice(0, 3 * dim);
  const small = await buildGraph(few, dim, { M, efConstruction: 10 });
  const three = openSearcher(writeVectorFile(small, quantise(few, dim, true), xxh64));
  expect(three.search(queries[0], 10).ids).toHaveLength(3);
  const none = await buildGraph(new Float32Array(), dim, { M, efConstruction: 10 });
  const empty = openSearcher(writeVectorFile(none, quantise(new Float32Array(), dim, true), xxh64));
  expect(empty.search(queries[0], 10).ids).toHaveLength(0);
  expect(empty.scan(queries[0], 10).ids).toHaveLength(0);
});

test('identical vectors are all found', async () => {
  const same = Float32Array.from({ length: 200 * dim }, (_, i) => vectors[i % dim]);
  const twins = await buildGraph(same, dim, { M, efConstruction: 50 });
  const found = openSearcher(writeVectorFile(twins, quantise(same, dim, true), xxh64));
  expect(new Set(found.search(queries[0], 200, 200).ids).size).toBe(200);
});

test('wrong arguments are refused, saying what was expected', () => {
  const [query] = queries;
  expect(() => searcher.search(new Float32Array(7), 10)).toThrow('expected 48 numbers, got 7');
  expect(() => searcher.search(query, 0)).toThrow('k: expected 1 to 512, got 0');
  expect(() => searcher.search(query, 10, 1000)).toThrow('efSearch: expected 1 to 512, got 1000');
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

function maxError(opened: Searcher): number {
  const errors = Array.from({ length: 50 }, (_, id) =>
    Math.max(...opened.vector(id).map((value, j) => Math.abs(value - vectors[id * dim + j]))),
  );
  return Math.max(...errors);
}
