import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBuilder } from '../../gpu-embedder/index/graph/choose-builder.ts';
import { buildGraph } from '../../gpu-embedder/index/graph/build-graph.ts';
import { changeGraph } from '../../gpu-embedder/index/graph/change-graph.ts';
import { createExactSearch } from '../../gpu-embedder/index/version/exact-search.ts';
import { reportGraph } from '../../gpu-embedder/index/graph/graph-report.ts';
import { openSearcher } from '../../gpu-embedder/index/version/open-searcher.ts';
import { xxh64 } from '../../gpu-embedder/index/version/xxh64.ts';
import { createRandom } from '../../gpu-embedder/common/random.ts';
import { quantise } from '../../src/version/quantise.ts';
import { writeVectorFile } from '../../src/version/write-vector-file.ts';
import type { HnswGraph } from '../../src/version/graph.ts';
import { annRecallAtK } from '../../src/metrics/ann-recall.ts';
import { clusteredVectors, rowsOf } from './clustered-vectors.ts';

const dim = 32;
const count = 2000;
const M = 8;
const options = { M, efConstruction: 64, builder: chooseBuilder(1) } as const;
const vectors = clusteredVectors(count, dim, 1);
const queries = rowsOf(clusteredVectors(200, dim, 2), dim);

let graph: HnswGraph;

beforeAll(async () => {
  graph = await buildGraph(vectors, dim, options);
}, 60_000);

interface Next {
  readonly vectors: Float32Array;
  readonly oldOf: Int32Array;
}

/** Take the vectors of old rows, and a new vector for every -1. */
function nextOf(old: Float32Array, rows: readonly number[], seed: number): Next {
  const fresh = clusteredVectors(rows.length, dim, seed);
  const result = new Float32Array(rows.length * dim);
  for (const [i, row] of rows.entries()) {
    const from = row < 0 ? fresh.subarray(i * dim, (i + 1) * dim) : old.subarray(row * dim);
    result.set(from.subarray(0, dim), i * dim);
  }
  return { vectors: result, oldOf: Int32Array.from(rows) };
}

/** Change a share of the vectors: half are updates, a quarter deletions, a quarter additions. */
function churned(old: Float32Array, share: number, seed: number): Next {
  const random = createRandom(seed);
  const rows: number[] = [];
  for (let row = 0; row < old.length / dim; row++) {
    const draw = random.uniform() / share;
    if (draw < 0.25) continue;
    rows.push(draw < 0.75 ? -1 : row);
    if (draw > 0.75 && draw < 1) rows.push(-1);
  }
  return nextOf(old, rows, seed);
}

function recallOf(searched: HnswGraph, of: Float32Array): number {
  const file = writeVectorFile(searched, quantise(of, dim, 'int8+residual'), xxh64);
  const searcher = openSearcher(file, { dim });
  const exactSearch = createExactSearch(of, dim);
  const exact = queries.map((query) => exactSearch(query, 10));
  // With few candidates, a worse graph shows, and a walk takes less work than a scan.
  const found = queries.map((query) => searcher.search(query, 10, { efSearch: 24 }));
  expect(found.every(({ exhaustive }) => !exhaustive)).toBe(true);
  return annRecallAtK(
    found.map(({ ids }) => ids),
    exact,
    10,
  );
}

/** Check everything that a graph needs so that the searcher finds every node. */
function expectSound(sound: HnswGraph): void {
  const { reachable, degree, selfLinks } = reportGraph(sound);
  expect(reachable).toBe(1);
  expect(degree.max).toBeLessThanOrEqual(2 * M);
  expect(selfLinks).toBe(0);
  const levels = (id: number) => sound.upperStarts[id + 1] - sound.upperStarts[id];
  const ids = Array.from({ length: sound.count }, (_, id) => id);
  expect(levels(sound.entryPoint)).toBe(sound.maxLevel);
  expect(Math.max(...ids.map(levels))).toBe(sound.maxLevel);
  const wrong = ids.filter((id) => {
    const own = sound.links.subarray(sound.linkStarts[id], sound.linkStarts[id + 1]);
    const upper = Array.from({ length: levels(id) }, (_, i) => {
      const row = (sound.upperStarts[id] + i) * (1 + M);
      const links = sound.upperLinks.subarray(row + 1, row + 1 + sound.upperLinks[row]);
      return (
        links.length <= M && distinct(links) && links.every((to) => to !== id && levels(to) > i)
      );
    });
    return !distinct(own) || upper.includes(false);
  });
  expect(wrong).toEqual([]);
}

const distinct = (links: Uint32Array) => new Set(links).size === links.length;

describe('changed by a fifth', () => {
  let next: Next;
  let changed: HnswGraph;

  beforeAll(async () => {
    next = churned(vectors, 0.2, 3);
    changed = await changeGraph(graph, next.vectors, dim, next.oldOf);
  });

  test('the graph finds as much as one that is built from nothing', async () => {
    const rebuilt = await buildGraph(next.vectors, dim, options);
    const expected = recallOf(rebuilt, next.vectors);
    expect(expected).toBeLessThan(0.99);
    expect(recallOf(changed, next.vectors)).toBeGreaterThan(expected - 0.01);
  });

  test('every node can be reached, degrees are in bounds, links are to others of the level', () => {
    expect(changed.count).toBe(next.oldOf.length);
    expectSound(changed);
  });

  test('the levels above still hold about one node in M', () => {
    const above = changed.upperStarts.filter((start, id, starts) => start < starts[id + 1]).length;
    expect(above).toBeGreaterThan(changed.count / M / 2);
    expect(above).toBeLessThan((2 * changed.count) / M);
  });

  test('the same change gives the same graph', async () => {
    expect(await changeGraph(graph, next.vectors, dim, next.oldOf)).toEqual(changed);
  });
});

test('after five changes it still finds as much', async () => {
  let [changed, current] = [graph, vectors];
  for (let round = 0; round < 5; round++) {
    const next = churned(current, 0.2, 10 + round);
    changed = await changeGraph(changed, next.vectors, dim, next.oldOf);
    current = next.vectors;
  }
  expectSound(changed);
  const rebuilt = await buildGraph(current, dim, options);
  expect(recallOf(changed, current)).toBeGreaterThan(recallOf(rebuilt, current) - 0.01);
});

test('nothing changed gives the same graph', async () => {
  const oldOf = Int32Array.from({ length: count }, (_, id) => id);
  expect(await changeGraph(graph, vectors, dim, oldOf)).toEqual(graph);
});

test('another order gives the same graph in that order', async () => {
  const reverse = (id: number) => count - 1 - id;
  const rows = Array.from({ length: count }, (_, id) => reverse(id));
  const next = nextOf(vectors, rows, 0);
  const turned = await changeGraph(graph, next.vectors, dim, next.oldOf);
  expect(turned.entryPoint).toBe(reverse(graph.entryPoint));
  const linksOf = ({ links, linkStarts }: HnswGraph, id: number) => [
    ...links.subarray(linkStarts[id], linkStarts[id + 1]),
  ];
  for (const id of [0, 1, 1500, count - 1]) {
    expect(linksOf(turned, reverse(id))).toEqual(linksOf(graph, id).map(reverse));
  }
});

test('the entry point and all of its level can go', async () => {
  const levels = (id: number) => graph.upperStarts[id + 1] - graph.upperStarts[id];
  const rows = Array.from({ length: count }, (_, id) => id);
  const next = nextOf(
    vectors,
    rows.filter((id) => levels(id) < graph.maxLevel),
    0,
  );
  const changed = await changeGraph(graph, next.vectors, dim, next.oldOf);
  expect(changed.maxLevel).toBeLessThan(graph.maxLevel);
  expectSound(changed);
});

test('a whole region can go', async () => {
  const order = [...createExactSearch(vectors, dim)(queries[0], count)];
  const gone = new Set(order.slice(0, count / 2));
  const rows = Array.from({ length: count }, (_, id) => id).filter((id) => !gone.has(id));
  const next = nextOf(vectors, rows, 0);
  const changed = await changeGraph(graph, next.vectors, dim, next.oldOf);
  expectSound(changed);
  const rebuilt = await buildGraph(next.vectors, dim, options);
  const expected = recallOf(rebuilt, next.vectors);
  expect(recallOf(changed, next.vectors)).toBeGreaterThan(expected - 0.01);
});

test.each([0, 77, count - 1])('all nodes but number %i can go while others come', async (left) => {
  const one = nextOf(vectors, [left], 0);
  const alone = await changeGraph(graph, one.vectors, dim, one.oldOf);
  expect(alone).toMatchObject({ count: 1, entryPoint: 0, links: new Uint32Array() });
  expectSound(alone);
  const more = nextOf(one.vectors, [-1, -1, 0, ...new Array<number>(200).fill(-1)], 5);
  const grown = await changeGraph(alone, more.vectors, dim, more.oldOf);
  expect(grown.count).toBe(203);
  expectSound(grown);
});

test('all nodes can go, and a graph can grow from nothing', async () => {
  const none = await changeGraph(graph, new Float32Array(), dim, new Int32Array());
  expect(none).toMatchObject({ count: 0, entryPoint: 0, maxLevel: 0 });
  const one = nextOf(vectors, [-1], 6);
  expect(await changeGraph(none, one.vectors, dim, one.oldOf)).toMatchObject({ count: 1 });
  const many = nextOf(vectors, new Array<number>(1000).fill(-1), 6);
  const grown = await changeGraph(none, many.vectors, dim, many.oldOf);
  expectSound(grown);
  const built = await buildGraph(many.vectors, dim, options);
  const expected = recallOf(built, many.vectors);
  expect(recallOf(grown, many.vectors)).toBeGreaterThan(expected - 0.01);
});

test('many equal vectors are all reached', async () => {
  const rows = new Array<number>(100).fill(7);
  const next = nextOf(vectors, [...Array.from({ length: count }, (_, id) => id), ...rows], 0);
  next.oldOf.fill(-1, count);
  const changed = await changeGraph(graph, next.vectors, dim, next.oldOf);
  expectSound(changed);
});

test('progress rises to the number of vectors, and a change can be stopped', async () => {
  const { vectors: some, oldOf } = churned(vectors, 0.2, 3);
  const progress: number[] = [];
  const hooks = { onProgress: (done: number) => void progress.push(done) };
  await changeGraph(graph, some, dim, oldOf, hooks);
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  expect(progress.at(-1)).toBe(oldOf.length);
  const stop = new AbortController();
  const onProgress = () => stop.abort(new Error('stopped by the test'));
  const stopped = changeGraph(graph, some, dim, oldOf, { onProgress, signal: stop.signal });
  await expect(stopped).rejects.toThrow('stopped by the test');
});
