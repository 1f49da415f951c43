import type { Effort } from '../../../src/version/manifest.ts';
import { defaults } from '../../../src/config.ts';
import type { Searcher } from '../../../src/hnsw/searcher.ts';
import { defaultEfMax } from '../../../src/version/searcher-memory.ts';
import { annRecallAtK } from '../../../src/metrics/ann-recall.ts';
import { createRandom } from '../../common/random.ts';
import { createExactSearch } from './exact-search.ts';

/** efSearch that recall is measured at, in turn. */
const ladder = [16, 24, 32, 48, 64, 96, 128, 192, 256, 384, defaultEfMax];
/** Queries that recall is measured with. */
export const sampleSize = 1000;
/** After a change, which exact search would otherwise outlast; the standard error is √5 times as large. */
export const changeSampleSize = 200;
/** Length of the noise that makes a vector a query, where there are no others. */
const noise = 0.3;

export interface RecallMeasurement {
  /** The first that reaches the target, or the largest. */
  readonly efSearch: number;
  readonly annRecallAt10: number;
  /** What was measured, by rising efSearch. */
  readonly effort: readonly Effort[];
}

/** Sample queries from vectors of the other modality, evenly spread. */
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

/** Sample vectors of the index itself and disturb them. */
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
 * @param target - annRecall@10 that is enough, from 0 to 1
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
