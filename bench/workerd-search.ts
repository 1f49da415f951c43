import { setImmediate } from 'node:timers/promises';
import v8 from 'node:v8';
import { buildGraph } from '../gpu-embedder/index/graph/build-graph.ts';
import { createExactSearch } from '../gpu-embedder/index/version/exact-search.ts';
import { openSearcher } from '../gpu-embedder/index/version/open-searcher.ts';
import { xxh64 } from '../gpu-embedder/index/version/xxh64.ts';
import { progressBar } from '../gpu-embedder/common/progress.ts';
import { loadWasm } from '../gpu-embedder/common/wasm-modules.ts';
import { quantise } from '../src/version/quantise.ts';
import { writeVectorFile } from '../src/version/write-vector-file.ts';
import { defaults } from '../src/config.ts';
import { annRecallAtK } from '../src/metrics/ann-recall.ts';
import type { BenchOptions } from './bench.ts';
import { searchAll } from './vectors/search-all.ts';
import { chooseVectors, type VectorData } from './vectors/vector-data.ts';
import { startBenchWorker, type BenchWorker } from './workerd/start-bench-worker.ts';

export interface WorkerdSearchRow {
  readonly data: string;
  readonly kernel: string;
  readonly efSearch: number;
  /** annRecall@10, the same on both sides. */
  readonly recall: number;
  readonly nodeQueriesPerSecond: number;
  /** Queries per second, timed from outside; the time of an empty request is subtracted. */
  readonly workerdQueriesPerSecond: number;
  /** Speed of workerd as a multiple of that of Node. */
  readonly ratio: number;
}

const k = 10;
const efs = [16, 64, 128];
/** Each side answers all queries in each round, in turn; its fastest round counts. */
const rounds = 7;
/** Rounds that are not counted, while V8 optimises. */
const warmUps = 3;

export const question =
  'Is the search kernel as fast in workerd as in Node? Same file and queries, all queries in one request';
export const flags = ['embeddings', 'count', 'dim'] as const;

/** `--count 100000 --dim 512` uses synthetic vectors; the default is a folder that `encode` wrote. */
export async function run(options: BenchOptions = {}): Promise<WorkerdSearchRow[]> {
  // workerd enables this by default.
  v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  const data = await chooseVectors(options);
  const file = await vectorFile(data);
  const queries = Float32Array.from(data.queries.flatMap((query) => [...query]));
  const objects = { 'vectors.bin': file, 'queries.f32': new Uint8Array(queries.buffer) };
  const worker = await startBenchWorker('search-worker.ts', objects);
  try {
    const exactSearch = createExactSearch(data.vectors, data.dim);
    const exact = data.queries.map((query) => exactSearch(query, k));
    const rows: WorkerdSearchRow[] = [];
    for (const [build, kernel] of [
      ['relaxed', 'relaxed SIMD'],
      ['plain', 'SIMD'],
    ] as const) {
      const searcher = openSearcher(file, { module: loadWasm(`search-${build}`) });
      for (const efSearch of efs) {
        const inNode = () => searchAll(searcher, queries, k, efSearch);
        const found = await race(worker, `/${build}?k=${k}&ef=${efSearch}`, inNode);
        const { ids, nodeMs, workerdMs } = found;
        const rowsOf = data.queries.map((_, i) => ids.subarray(i * k, (i + 1) * k));
        const perSecond = (ms: number) => Math.round((1000 * data.queries.length) / ms);
        rows.push({
          ...{ data: data.name, kernel, efSearch, recall: annRecallAtK(rowsOf, exact, k) },
          nodeQueriesPerSecond: perSecond(nodeMs),
          workerdQueriesPerSecond: perSecond(workerdMs),
          ratio: nodeMs / workerdMs,
        });
      }
    }
    return rows;
  } finally {
    await worker.stop();
  }
}

async function vectorFile({ vectors, dim }: VectorData): Promise<Uint8Array> {
  const { M, efConstruction } = defaults;
  const bar = progressBar('graph', vectors.length / dim);
  const onProgress = (done: number) => bar.update(done);
  const graph = await buildGraph(vectors, dim, { M, efConstruction }, { onProgress });
  bar.stop();
  return writeVectorFile(graph, quantise(vectors, dim, 'int8+residual'), xxh64);
}

/** Run the sides in turn, so that other load affects both. @throws Error if their ids differ */
async function race(worker: BenchWorker, path: string, inNode: () => Uint32Array) {
  const fastest = { node: Infinity, workerd: Infinity, empty: Infinity };
  const time = async <T>(side: keyof typeof fastest, work: () => T | Promise<T>): Promise<T> => {
    await seeClosedSockets();
    const start = performance.now();
    const result = await work();
    fastest[side] = Math.min(fastest[side], performance.now() - start);
    return result;
  };
  const inWorkerd = async () => new Uint32Array(await worker.ask(path));
  const empty = () => worker.ask(path.replace(/^\/\w+/, '/empty'));
  const ids = inNode();
  for (let i = 0; i < warmUps; i++) {
    inNode();
    await seeClosedSockets();
    const other = await inWorkerd();
    if (ids.some((id, at) => id !== other[at])) throw new Error(`${path}: other ids than in Node`);
  }
  for (let round = 0; round < rounds; round++) {
    await time('empty', empty);
    await time('workerd', inWorkerd);
    await time('node', inNode);
  }
  return { ids, nodeMs: fastest.node, workerdMs: fastest.workerd - fastest.empty };
}

/** Let fetch notice between two tasks that workerd closed a connection while Node was computing. */
const seeClosedSockets = (): Promise<void> => setImmediate();
