import { buildGraph } from '../gpu-embedder/index/graph/build-graph.ts';
import { xxh64 } from '../gpu-embedder/index/version/xxh64.ts';
import { quantise, type Quantisation } from '../src/version/quantise.ts';
import { writeVectorFile } from '../src/version/write-vector-file.ts';
import { defaults } from '../src/config.ts';
import type { BenchOptions } from './bench.ts';
import { workerdPeak } from './shards/workerd-memory.ts';
import { openSources } from './vectors/vector-data.ts';
import { startBenchWorker } from './workerd/start-bench-worker.ts';

export interface LoadRow {
  readonly data: string;
  readonly quantisation: Quantisation;
  readonly fileMB: number;
  /** Time to copy the file from the local R2 into WASM memory. */
  readonly copyMs: number;
  /** Time to copy and check the file, until the searcher is ready. */
  readonly loadMs: number;
  readonly ratio: number;
  /** Peak resident memory of a fresh workerd in its first load, without the size of the file. */
  readonly beyondMB: number | null;
}

/** The sides take turns, and the fastest round of each counts. */
const rounds = 15;

export const question =
  'How long does workerd take to load a vector file, compared with copying its bytes from the local R2?';
export const flags = ['embeddings', 'data', 'count', 'dim'] as const;

export async function run(options: BenchOptions = {}): Promise<LoadRow[]> {
  const rows: LoadRow[] = [];
  for await (const { data } of openSources(['text', 'synthetic'], options)) {
    const { name, vectors, dim } = data;
    const { M, efConstruction } = defaults;
    const graph = await buildGraph(vectors, dim, { M, efConstruction });
    for (const quantisation of ['int8', 'int8+residual'] as const) {
      const file = writeVectorFile(graph, quantise(vectors, dim, quantisation), xxh64);
      const measured = await measure(file, vectors.length / dim);
      rows.push({ data: name, quantisation, fileMB: file.byteLength / 1e6, ...measured });
    }
  }
  return rows;
}

async function measure(file: Uint8Array, count: number) {
  const query = `?bytes=${file.byteLength}&count=${count}`;
  const worker = await startBenchWorker('load-worker.ts', { 'vectors.bin': file });
  try {
    await worker.ask('/empty');
    const before = workerdPeak();
    await worker.ask(`/load${query}`);
    const after = workerdPeak();
    const fastest = { '/empty': Infinity, '/copy': Infinity, '/load': Infinity };
    for (let round = 0; round < rounds; round++) {
      for (const path of ['/empty', '/copy', '/load'] as const) {
        const start = performance.now();
        await worker.ask(path + query);
        fastest[path] = Math.min(fastest[path], performance.now() - start);
      }
    }
    const [copyMs, loadMs] = [fastest['/copy'], fastest['/load']].map(
      (ms) => ms - fastest['/empty'],
    );
    const rise = before === null || after === null ? null : after - before;
    const beyondMB = rise === null ? null : rise - file.byteLength / 1e6;
    return { copyMs, loadMs, ratio: loadMs / copyMs, beyondMB };
  } finally {
    await worker.stop();
  }
}
