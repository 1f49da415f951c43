import type { Effort } from '../../../src/version/manifest.ts';
import { defaults } from '../../../src/config.ts';
import type { Searcher } from '../../../src/hnsw/searcher.ts';
import { defaultEfMax } from '../../../src/version/searcher-memory.ts';
import { annRecallAtK } from '../../../src/metrics/ann-recall.ts';
import { createRandom } from '../../common/random.ts';
import { createExactSearch } from './exact-search.ts';

/** Values of efSearch at which recall is measured, in this order. */
const ladder = [16, 24, 32, 48, 64, 96, 128, 192, 256, 384, defaultEfMax];
/** Number of queries for measuring recall. */
export const sampleSize = 1000;
/**
 * Number of queries after a change: exact search for more would take longer than the change. The
 * standard error of the recall is √5 times as large.
 */
export const changeSampleSize = 200;
/** Length of the noise that turns a vector of the index into a query. */
const noise = 0.3;

export interface RecallMeasurement {
  /** The first value that reaches the target, or the largest one. */
  readonly efSearch: number;
  readonly annRecallAt10: number;
  /** All measurements, by rising efSearch. */
  readonly effort: readonly Effort[];
}

/** Sample vectors as queries, evenly spread. */
export function sampleQueries(
  vectors: Float32Array,
  dim: number,
  most = sampleSize,
): Float32Array[] {
  const count = vectors.length / dim;
  const size = Math.min(count, most);
  return Array.from({ length: size }, (_, i) => {
    const row = Math.floor((i * count) / size);
    return vectors.subarray(row * dim, (row + 1) * dim);
  });
}

/** Sample vectors of the index itself and add noise to them. */
export function noisyQueries(
  vectors: Float32Array,
  dim: number,
  most = sampleSize,
): Float32Array[] {
  const random = createRandom(1);
  const deviation = noise / Math.sqrt(dim);
  return sampleQueries(vectors, dim, most).map((vector) =>
    vector.map((value) => value + deviation * random.normal()),
  );
}

/**
 * Measure annRecall@10 against exact float32 search, by rising efSearch until a target is reached.
 *
 * @param target - annRecall@10 to reach, from 0 to 1
 */
export function measureRecall(
  searcher: Pick<Searcher, 'search'>,
  vectors: Float32Array,
  queries: readonly Float32Array[],
  target: number = defaults.annRecallAt10,
): RecallMeasurement {
  const exactSearch = createExactSearch(vectors, queries[0].length);
  const exact = queries.map((query) => exactSearch(query, 10));
  const effort: Effort[] = [];
  for (const efSearch of ladder) {
    const found = queries.map((query) => searcher.search(query, 10, { efSearch }).ids);
    effort.push({ efSearch, annRecallAt10: annRecallAtK(found, exact, 10) });
    if (effort[effort.length - 1].annRecallAt10 >= target) break;
  }
  return { ...effort[effort.length - 1], effort };
}
