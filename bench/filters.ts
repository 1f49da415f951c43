import v8 from 'node:v8';
import { buildGraph } from '../gpu-embedder/index/graph/build-graph.ts';
import { createExactSearch } from '../gpu-embedder/index/version/exact-search.ts';
import { createRandom } from '../gpu-embedder/common/random.ts';
import { createItemFilter, type ItemFilter } from '../src/hnsw/item-filter.ts';
import { annRecallAtK } from '../src/metrics/ann-recall.ts';
import { defaults } from '../src/config.ts';
import type { BenchOptions } from './bench.ts';
import { searcherOver } from './vectors/sides.ts';
import { openSources, type VectorData } from './vectors/vector-data.ts';

export interface FilterRow {
  readonly data: string;
  /** Share of the items that pass. */
  readonly passing: number;
  readonly efSearch: number;
  /** annRecall@10 compared with an exact scan of the items that pass. */
  readonly recall: number;
  /** Smallest number of results of a query. */
  readonly fewest: number;
  readonly queriesPerSecond: number;
  /** Share of the queries that scanned vectors instead of walking the graph. */
  readonly scanned: number;
}

const k = 10;
const shares = [1, 0.5, 0.1, 0.01, 0.001];

export const question =
  'What are the recall and queries per second of the kernel when a share of the items passes a filter?';
export const flags = ['embeddings', 'data', 'count', 'dim', 'ef'] as const;

export async function run(options: BenchOptions = {}): Promise<FilterRow[]> {
  v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  const efSearch = Number(options['ef'] ?? defaults.efSearch);
  const rows: FilterRow[] = [];
  for await (const { data } of openSources(['text', 'synthetic'], options)) {
    rows.push(...(await compare(data, efSearch)));
  }
  return rows;
}

async function compare(data: VectorData, efSearch: number): Promise<FilterRow[]> {
  const { name, vectors, dim, queries } = data;
  const { M, efConstruction } = defaults;
  const graph = await buildGraph(vectors, dim, { M, efConstruction });
  const searcher = searcherOver(data, graph);
  return shares.map((passing) => {
    const filter = filterOf(vectors.length / dim, passing);
    const search = () => queries.map((query) => searcher.search(query, k, { efSearch, filter }));
    const found = search();
    const exact = exactly(data, filter);
    const start = performance.now();
    search();
    const seconds = (performance.now() - start) / 1000;
    return {
      ...{ data: name, passing, efSearch },
      recall: annRecallAtK(
        found.map(({ ids }) => ids),
        exact,
        k,
      ),
      fewest: Math.min(...found.map(({ ids }) => ids.length)),
      queriesPerSecond: Math.round(queries.length / seconds),
      scanned: found.filter(({ exhaustive }) => exhaustive).length / queries.length,
    };
  });
}

/** Choose random items to pass, the same on each run. */
function filterOf(count: number, passing: number): ItemFilter {
  const random = createRandom(7);
  return createItemFilter(count, () => random.uniform() < passing);
}

/** Find the nearest `k` of the items that pass, in float32. */
function exactly({ vectors, dim, queries }: VectorData, { bits, size }: ItemFilter) {
  const passing: number[] = [];
  for (let id = 0; id < vectors.length / dim; id++) {
    if ((bits[id >> 3] >> (id & 7)) & 1) passing.push(id);
  }
  const kept = new Float32Array(size * dim);
  passing.forEach((id, i) => kept.set(vectors.subarray(id * dim, (id + 1) * dim), i * dim));
  const search = createExactSearch(kept, dim);
  return queries.map((query) => Array.from(search(query, k), (i) => passing[i]));
}
