import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Index, MetricKind, ScalarKind } from 'usearch';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildGraph } from '../../gpu-embedder/index/graph/build-graph.ts';
import {
  canLoadHnswlib,
  chooseBuilder,
  threadsFor,
  usearchFrom,
} from '../../gpu-embedder/index/graph/choose-builder.ts';
import { createExactSearch } from '../../gpu-embedder/index/version/exact-search.ts';
import { reportGraph } from '../../gpu-embedder/index/graph/graph-report.ts';
import { openSearcher } from '../../gpu-embedder/index/version/open-searcher.ts';
import { readUsearch } from '../../gpu-embedder/index/graph/read-usearch.ts';
import { xxh64 } from '../../gpu-embedder/index/version/xxh64.ts';
import { quantise } from '../../src/version/quantise.ts';
import { writeVectorFile } from '../../src/version/write-vector-file.ts';
import type { HnswGraph } from '../../src/version/graph.ts';
import { builderNames } from '../../src/jobs/build-options.ts';
import { annRecallAtK } from '../../src/metrics/ann-recall.ts';
import { clusteredVectors, rowsOf } from './clustered-vectors.ts';

/** hnswlib is optional: it needs a C++ compiler to be installed. */
const builders = builderNames.filter((name) => name !== 'hnswlib' || canLoadHnswlib());
const dim = 32;
const count = 2000;
const M = 8;
const options = { M, efConstruction: 100, threads: 4 };
const vectors = clusteredVectors(count, dim, 1);
const queries = rowsOf(clusteredVectors(200, dim, 2), dim);
const exactSearch = createExactSearch(vectors, dim);
const exact = queries.map((query) => exactSearch(query, 10));

describe.each(builders)('%s', (builder) => {
  let graph: HnswGraph;
  const progress: number[] = [];

  beforeAll(async () => {
    const onProgress = (done: number) => void progress.push(done);
    graph = await buildGraph(vectors, dim, { ...options, builder }, { onProgress });
  }, 30_000);

  test('every node can be reached, degrees are in bounds, no node links to itself', () => {
    const { reachable, degree, selfLinks, mutual } = reportGraph(graph);
    expect(graph.count).toBe(count);
    expect(reachable).toBe(1);
    expect(degree.min).toBeGreaterThanOrEqual(1);
    expect(degree.mean).toBeGreaterThan(M / 2);
    expect(degree.max).toBeLessThanOrEqual(2 * M);
    expect(selfLinks).toBe(0);
    expect(mutual).toBeGreaterThan(0.6);
  });

  test('the levels above hold about one node in M, their links are to nodes of the level', () => {
    const levels = (id: number) => graph.upperStarts[id + 1] - graph.upperStarts[id];
    expect(levels(graph.entryPoint)).toBe(graph.maxLevel);
    const above = Array.from({ length: count }, (_, id) => id).filter((id) => levels(id) > 0);
    expect(above.length).toBeGreaterThan(count / M / 2);
    expect(above.length).toBeLessThan((2 * count) / M);
    for (const id of above) {
      for (let level = 1; level <= levels(id); level++) {
        const row = (graph.upperStarts[id] + level - 1) * (1 + M);
        const degree = graph.upperLinks[row];
        expect(degree).toBeLessThanOrEqual(M);
        for (const link of graph.upperLinks.subarray(row + 1, row + 1 + degree)) {
          expect(levels(link)).toBeGreaterThanOrEqual(level);
          expect(link).not.toBe(id);
        }
      }
    }
  });

  test('a search finds what exact search finds', () => {
    const searcher = openSearcher(
      writeVectorFile(graph, quantise(vectors, dim, 'int8+residual'), xxh64),
    );
    const found = queries.map((query) => searcher.search(query, 10, { efSearch: 64 }).ids);
    expect(annRecallAtK(found, exact, 10)).toBeGreaterThan(0.95);
  });

  test('progress rises to the number of vectors', () => {
    expect(progress.length).toBeGreaterThan(0);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBe(count);
  });

  test('construction can be stopped', async () => {
    const stop = new AbortController();
    const onProgress = () => stop.abort(new Error('stopped by the test'));
    const hooks = { signal: stop.signal, onProgress };
    const building = buildGraph(vectors, dim, { ...options, builder }, hooks);
    await expect(building).rejects.toThrow('stopped by the test');
  });

  test('one vector has no links, and the smallest M works', async () => {
    const one = await buildGraph(vectors.subarray(0, dim), dim, { ...options, builder });
    expect(one).toMatchObject({ count: 1, entryPoint: 0 });
    expect(reportGraph(one)).toMatchObject({ reachable: 1, degree: { max: 0 } });
    const few = vectors.subarray(0, 300 * dim);
    const narrow = await buildGraph(few, dim, { ...options, M: 2, builder });
    expect(reportGraph(narrow).degree.max).toBeLessThanOrEqual(4);
  });
});

test('hnswlib, and usearch with one thread, give the same graph every time', async () => {
  const some = vectors.subarray(0, 400 * dim);
  for (const builder of builders) {
    const build = () => buildGraph(some, dim, { ...options, threads: 1, builder });
    expect(await build()).toEqual(await build());
  }
});

test('the builder is chosen by size unless it is named', () => {
  const has = () => true;
  expect(chooseBuilder(usearchFrom - 1, 'auto', has)).toBe('hnswlib');
  expect(chooseBuilder(usearchFrom, 'auto')).toBe('usearch');
  expect(chooseBuilder(usearchFrom, 'hnswlib', has)).toBe('hnswlib');
  expect(chooseBuilder(1, 'usearch')).toBe('usearch');
});

test('without hnswlib, usearch builds small graphs with one thread, and they stay the same', async () => {
  expect(chooseBuilder(1, 'auto', () => false)).toBe('usearch');
  expect(threadsFor(usearchFrom - 1)).toBe(1);
  expect(() => chooseBuilder(1, 'hnswlib', () => false)).toThrow(/hnswlib-node is not installed/);
  const some = vectors.subarray(0, 400 * dim);
  const build = () => buildGraph(some, dim, { M, efConstruction: 100, builder: 'usearch' });
  expect(await build()).toEqual(await build());
});

describe('a file of usearch', () => {
  const rows = 20;
  /** Where the head begins; the graph follows it. */
  const head = 8 + rows * 2 * dim;
  const nodes = head + 64 + 40 + 2 * rows;
  let file: Buffer;

  beforeAll(async () => {
    file = await saved((slot) => slot);
  });

  /** Build with one thread and save. */
  async function saved(keyOf: (slot: number) => number): Promise<Buffer> {
    const index = new Index({
      dimensions: dim,
      metric: MetricKind.IP,
      quantization: ScalarKind.BF16,
      connectivity: 4,
      expansion_add: 10,
      expansion_search: 10,
      multi: false,
    });
    const keys = BigUint64Array.from({ length: rows }, (_, slot) => BigInt(keyOf(slot)));
    index.add(keys, vectors.slice(0, rows * dim), 1);
    const dir = await mkdtemp(join(tmpdir(), 'diptych-usearch-'));
    try {
      index.save(join(dir, 'index'));
      return await readFile(join(dir, 'index'));
    } finally {
      await rm(dir, { recursive: true });
    }
  }

  const damaged = (edit: (bytes: Buffer) => void) => {
    const copy = Buffer.from(file);
    edit(copy);
    return () => readUsearch(copy, dim, 10);
  };

  test('gives links between keys, whatever their slots are', async () => {
    const last = rows - 1;
    const linksOf = (graph: HnswGraph, key: number) => [
      ...graph.links.subarray(graph.linkStarts[key], graph.linkStarts[key + 1]),
    ];
    const straight = readUsearch(file, dim, 10);
    const reversed = readUsearch(await saved((slot) => last - slot), dim, 10);
    expect(reversed.entryPoint).toBe(last - straight.entryPoint);
    for (let key = 0; key < rows; key++) {
      const links = linksOf(straight, key);
      expect(links.length).toBeGreaterThan(0);
      expect(linksOf(reversed, last - key)).toEqual(links.map((link) => last - link));
    }
  });

  test.each<[string, (bytes: Buffer) => void, RegExp]>([
    ['another magic', (b) => b.write('sqlite3', head, 'latin1'), /magic: expected usearch/],
    ['keys of 32 bits', (b) => b.writeUInt8(15, head + 15), /kind of keys: expected 14, got 15/],
    ['deleted vectors', (b) => b.writeBigUInt64LE(3n, head + 25), /deleted: expected 0, got 3/],
    ['another dim', (b) => b.writeBigUInt64LE(64n, head + 33), /dim: expected 32, got 64/],
    ['more nodes', (b) => b.writeBigUInt64LE(21n, head + 64), /nodes: expected 20, got 21/],
    ['another M', (b) => b.writeBigUInt64LE(5n, head + 72), /level 0: expected 10, got 8/],
    ['an entry slot beyond', (b) => b.writeBigUInt64LE(99n, head + 96), /entry slot: .* got 99/],
    ['a level below 0', (b) => b.writeInt16LE(-1, head + 104), /level of slot 0: .* got -1/],
    ['a key beyond', (b) => b.writeBigUInt64LE(20n, nodes), /key of slot 0: .* 0 to 19, got 20/],
    ['a key twice', (b) => b.writeBigUInt64LE(1n, nodes), /key 1: expected in one slot/],
    ['a degree above M0', (b) => b.writeUInt32LE(9, nodes + 10), /degree of slot 0 .* got 9/],
    ['a link beyond', (b) => b.writeUInt32LE(20, nodes + 14), /link of slot 0: .* got 20/],
  ])('with %s is refused', (_, edit, message) => {
    expect(damaged(edit)).toThrow(
      expect.objectContaining({
        code: 'index_unreadable',
        message: expect.stringMatching(message),
      }),
    );
  });

  test('is refused if it is cut short anywhere or has other bytes', () => {
    const refused = expect.objectContaining({ code: 'index_unreadable' });
    for (let bytes = 0; bytes < file.length; bytes += 7) {
      expect(() => readUsearch(file.subarray(0, bytes), dim, 10)).toThrow(refused);
    }
    const longer = Buffer.concat([file, Buffer.alloc(1)]);
    expect(() => readUsearch(longer, dim, 10)).toThrow(refused);
    for (const byte of [0, 1, 255]) {
      expect(() => readUsearch(new Uint8Array(5000).fill(byte), dim, 10)).toThrow(refused);
    }
  });
});
