import { expect, test } from 'vitest';
import { buildGraph } from '../../gpu-embedder/index/build-graph.ts';
import { measureRecall, noisyQueries } from '../../gpu-embedder/index/measure-recall.ts';
import { openSearcher } from '../../gpu-embedder/index/open-searcher.ts';
import { xxh64 } from '../../gpu-embedder/index/xxh64.ts';
import { quantise } from '../../src/artifact/quantise.ts';
import { writeVectorFile } from '../../src/artifact/write-vector-file.ts';
import { clusteredVectors } from './clustered-vectors.ts';

const dim = 32;
const vectors = clusteredVectors(2000, dim, 1);

test('efSearch is raised until the recall is high enough', async () => {
  const graph = await buildGraph(vectors, dim, { M: 4, efConstruction: 40 });
  const searcher = openSearcher(writeVectorFile(graph, quantise(vectors, dim, true), xxh64));
  const queries = noisyQueries(vectors, dim);
  expect(queries).toHaveLength(1000);
  const { efSearch, annRecallAt10 } = measureRecall(searcher, vectors, queries, 16);
  expect(annRecallAt10).toBeGreaterThanOrEqual(0.98);
  expect(efSearch).toBeGreaterThan(16);
});

test('at the largest efSearch it says what was reached', async () => {
  const graph = await buildGraph(vectors, dim, { M: 2, efConstruction: 2 });
  // A chain: only what is near the start of it is found.
  const chain = { ...graph, entryPoint: 0, maxLevel: 0 };
  const linkStarts = Uint32Array.from({ length: 2001 }, (_, i) => i);
  const next = Uint32Array.from({ length: 2000 }, (_, i) => (i + 1) % 2000);
  const upper = { upperStarts: new Uint32Array(2001), upperLinks: new Uint32Array() };
  const poor = { ...chain, ...upper, linkStarts, links: next };
  const searcher = openSearcher(writeVectorFile(poor, quantise(vectors, dim, true), xxh64));
  const { efSearch, annRecallAt10 } = measureRecall(searcher, vectors, noisyQueries(vectors, dim));
  expect(efSearch).toBe(512);
  expect(annRecallAt10).toBeLessThan(0.98);
});
