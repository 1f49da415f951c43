import { expect, test } from 'vitest';
import { buildGraph } from '../../gpu-embedder/index/graph/build-graph.ts';
import { measureRecall, noisyQueries } from '../../gpu-embedder/index/version/measure-recall.ts';
import { openSearcher } from '../../gpu-embedder/index/version/open-searcher.ts';
import { xxh64 } from '../../gpu-embedder/index/version/xxh64.ts';
import { quantise } from '../../src/version/quantise.ts';
import { writeVectorFile } from '../../src/version/write-vector-file.ts';
import { clusteredVectors } from './clustered-vectors.ts';

const dim = 32;
const vectors = clusteredVectors(2000, dim, 1);

test('efSearch is raised until the recall is high enough', async () => {
  const graph = await buildGraph(vectors, dim, { M: 4, efConstruction: 40 });
  const searcher = openSearcher(
    writeVectorFile(graph, quantise(vectors, dim, 'int8+residual'), xxh64),
  );
  const queries = noisyQueries(vectors, dim);
  expect(queries).toHaveLength(1000);
  const { efSearch, annRecallAt10 } = measureRecall(searcher, vectors, queries);
  expect(annRecallAt10).toBeGreaterThanOrEqual(0.98);
  expect(efSearch).toBeGreaterThan(16);
});

test('if no efSearch reaches the target, the result has the recall of the largest', async () => {
  const graph = await buildGraph(vectors, dim, { M: 4, efConstruction: 40 });
  // From 32 signs alone, not even a scan finds the nearest ten.
  const coarse = openSearcher(writeVectorFile(graph, quantise(vectors, dim, '1bit'), xxh64));
  const measured = measureRecall(coarse, vectors, noisyQueries(vectors, dim));
  expect(measured.efSearch).toBe(512);
  expect(measured.annRecallAt10).toBeLessThan(0.98);
  expect(measured.effort[0].annRecallAt10).toBeLessThanOrEqual(measured.annRecallAt10);
});
