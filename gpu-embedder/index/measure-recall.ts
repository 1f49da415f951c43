import { defaults } from '../../src/config.ts';
import type { Searcher } from '../../src/hnsw/searcher.ts';
import { defaultEfMax } from '../../src/hnsw/searcher-memory.ts';
import { annRecallAtK } from '../../src/metrics/ann-recall.ts';
import { createRandom } from '../random.ts';
import { createExactSearch } from './exact-search.ts';

/** annRecall@10 below which efSearch is raised. */
const wantedRecall = 0.98;
const sampleSize = 1000;
/** Length of the noise that makes a vector a query, where there are no others. */
const noise = 0.3;

export interface RecallMeasurement {
  readonly efSearch: number;
  readonly annRecallAt10: number;
}

/** Sample queries from vectors of the other modality, evenly spread. */
export function sampleQueries(vectors: Float32Array, dim: number): Float32Array[] {
  const count = vectors.length / dim;
  const size = Math.min(count, sampleSize);
  return Array.from({ length: size }, (_, i) => {
    const row = Math.floor((i * count) / size);
    return vectors.subarray(row * dim, (row + 1) * dim);
  });
}

/** Sample vectors of the index itself and disturb them. */
export function noisyQueries(vectors: Float32Array, dim: number): Float32Array[] {
  const random = createRandom(1);
  const deviation = noise / Math.sqrt(dim);
  return sampleQueries(vectors, dim).map((vector) =>
    vector.map((value) => value + deviation * random.normal()),
  );
}

/**
 * Measure annRecall@10 against exact float32 search, from the default efSearch on upwards until it
 * is high enough or efSearch is at its limit.
 */
export function measureRecall(
  searcher: Searcher,
  vectors: Float32Array,
  queries: readonly Float32Array[],
  firstEf: number = defaults.efSearch,
): RecallMeasurement {
  const exactSearch = createExactSearch(vectors, searcher.header.dim);
  const exact = queries.map((query) => exactSearch(query, 10));
  for (let efSearch = firstEf; ; efSearch = Math.min(2 * efSearch, defaultEfMax)) {
    const found = queries.map((query) => searcher.search(query, 10, efSearch).ids);
    const annRecallAt10 = annRecallAtK(found, exact, 10);
    if (annRecallAt10 >= wantedRecall || efSearch >= defaultEfMax) {
      return { efSearch, annRecallAt10 };
    }
  }
}
