import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import v8 from 'node:v8';
import hnswlib from 'hnswlib-node';
import { createExactSearch } from '../gpu-embedder/index/exact-search.ts';
import { openSearcher } from '../gpu-embedder/index/open-searcher.ts';
import { readHnswlib } from '../gpu-embedder/index/read-hnswlib.ts';
import { xxh64 } from '../gpu-embedder/index/xxh64.ts';
import { progressBar } from '../gpu-embedder/progress.ts';
import { loadWasm } from '../gpu-embedder/wasm-modules.ts';
import { quantise } from '../src/artifact/quantise.ts';
import { writeVectorFile } from '../src/artifact/write-vector-file.ts';
import { defaults } from '../src/config.ts';
import { annRecallAtK } from '../src/metrics/ann-recall.ts';
import { demoData, syntheticData, type SearchData } from './data/search-data.ts';

export interface SearchRow {
  readonly data: string;
  readonly kernel: string;
  readonly efSearch: number;
  /** annRecall@10 of ours, no less than theirs. */
  readonly recall: number;
  readonly qps: number;
  readonly versus: string;
  readonly versusEf: number;
  readonly versusRecall: number;
  readonly versusQps: number;
  readonly ratio: number;
}

/** Finds the ids of the ten nearest of query `i`. */
type Search = (i: number, ef: number) => ArrayLike<number>;

const k = 10;
/** efSearch of hnswlib; ours is the smallest of `steps` whose recall is no less. */
const theirEfs = [32, 64, 128];
const steps = [16, 20, 24, 28, 32, 40, 48, 56, 64, 72, 80, 96, 112, 128, 160, 192, 256, 384, 512];
/** Rounds of all queries by either side in turn, of which the fastest counts. */
const rounds = 7;

export const question =
  'Queries per second of our kernel and of hnswlib-node on one graph, at equal annRecall@10';

export async function run(): Promise<SearchRow[]> {
  // What workerd has by default; without it only the plain build could be measured.
  v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  const data = (await demoData()) ?? syntheticData(20_000, 256);
  const { theirs, saved } = await buildTheirs(data);
  const { dim, vectors } = data;
  const graph = readHnswlib(saved, dim);
  const file = writeVectorFile(graph, quantise(vectors, dim, true), xxh64);
  const exactSearch = createExactSearch(vectors, dim);
  const exact = data.queries.map((query) => exactSearch(query, k));
  const recall = (search: Search, ef: number) =>
    annRecallAtK(
      exact.map((_, i) => search(i, ef)),
      exact,
      k,
    );
  const rows: SearchRow[] = [];
  for (const build of ['search-relaxed', 'search-plain'] as const) {
    const searcher = openSearcher(file, { module: loadWasm(build) });
    const ours: Search = (i, ef) => searcher.search(data.queries[i], k, ef).ids;
    for (const theirEf of theirEfs) {
      const versusRecall = recall(theirs, theirEf);
      const efSearch = steps.find((ef) => recall(ours, ef) >= versusRecall);
      if (efSearch === undefined) continue;
      const [qps, versusQps] = race(data.queries.length, [
        (i) => ours(i, efSearch),
        (i) => theirs(i, theirEf),
      ]);
      rows.push({
        data: data.name,
        kernel: build,
        efSearch,
        recall: recall(ours, efSearch),
        qps: Math.round(qps),
        versus: 'hnswlib-node',
        versusEf: theirEf,
        versusRecall,
        versusQps: Math.round(versusQps),
        ratio: qps / versusQps,
      });
    }
  }
  return rows;
}

/** Build with hnswlib and save: both sides walk the same graph. */
async function buildTheirs({ vectors, dim, queries }: SearchData) {
  const count = vectors.length / dim;
  const index = new hnswlib.HierarchicalNSW('ip', dim);
  index.initIndex(count, defaults.M, defaults.efConstruction, 1);
  const bar = progressBar('graph', count);
  for (let i = 0; i < count; i++) {
    index.addPoint(Array.from(vectors.subarray(i * dim, (i + 1) * dim)), i);
    bar.update(i + 1);
  }
  bar.stop();
  const dir = await mkdtemp(join(tmpdir(), 'diptych-bench-'));
  try {
    await index.writeIndex(join(dir, 'graph.bin'));
    const saved = await readFile(join(dir, 'graph.bin'));
    // It takes arrays of numbers; making them is not counted.
    const arrays = queries.map((query) => Array.from(query));
    let current = 0;
    const theirs: Search = (i, ef) => {
      if (ef !== current) index.setEf((current = ef));
      return index.searchKnn(arrays[i], k).neighbors;
    };
    return { theirs, saved };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Queries per second of each side, run in turn so that both meet the same machine. */
function race(queries: number, sides: readonly ((i: number) => unknown)[]): number[] {
  const fastest = sides.map(() => Infinity);
  for (let round = 0; round < rounds; round++) {
    for (const [side, search] of sides.entries()) {
      const start = performance.now();
      for (let i = 0; i < queries; i++) search(i);
      fastest[side] = Math.min(fastest[side], performance.now() - start);
    }
  }
  return fastest.map((milliseconds) => (1000 * queries) / milliseconds);
}
