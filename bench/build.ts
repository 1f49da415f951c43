import { availableParallelism } from 'node:os';
import { buildGraph } from '../gpu-embedder/index/build-graph.ts';
import { chooseBuilder, type BuilderName } from '../gpu-embedder/index/choose-builder.ts';
import { createExactSearch } from '../gpu-embedder/index/exact-search.ts';
import { reportGraph } from '../gpu-embedder/index/graph-report.ts';
import { openSearcher } from '../gpu-embedder/index/open-searcher.ts';
import { xxh64 } from '../gpu-embedder/index/xxh64.ts';
import { progressBar } from '../gpu-embedder/progress.ts';
import { quantise } from '../src/artifact/quantise.ts';
import { writeVectorFile } from '../src/artifact/write-vector-file.ts';
import { defaults } from '../src/config.ts';
import { DiptychError } from '../src/errors.ts';
import type { HnswGraph } from '../src/hnsw/graph.ts';
import { annRecallAtK } from '../src/metrics/ann-recall.ts';
import type { BenchOptions } from './bench.ts';
import { realImages, syntheticData, type VectorData } from './vectors/vector-data.ts';

export interface BuildRow {
  readonly data: string;
  readonly builder: string;
  readonly threads: number;
  /** What `diptych index` takes for as many vectors. */
  readonly default: 'yes' | '';
  /** From vectors to a graph that is ready to be packed. */
  readonly seconds: number;
  /** Times as fast as hnswlib-node. */
  readonly ratio: number;
  /** annRecall@10 of our searcher on the graph. */
  readonly recallAtEf64: number;
  readonly recallAtEf128: number;
  /** Links of a node on level 0. */
  readonly meanDegree: number;
  /** Share of the links whose target links back. */
  readonly mutual: number;
}

const k = 10;

export const question = `Seconds to build a graph (M ${defaults.M}, efConstruction ${defaults.efConstruction}) by hnswlib-node and by usearch, and what it finds`;

export const flags = ['embeddings', 'count', 'dim'] as const;

/** `--count 100000 --dim 512` takes synthetic vectors; without, what `encode` wrote. */
export async function run(options: BenchOptions = {}): Promise<BuildRow[]> {
  const data = await chooseData(options);
  const recallOf = measureRecall(data);
  const cores = availableParallelism();
  const cases: [BuilderName, number][] = [
    ['hnswlib', 1],
    ['usearch', 1],
  ];
  if (cores > 1) cases.push(['usearch', cores]);
  const chosen = chooseBuilder(data.vectors.length / data.dim);
  const rows: BuildRow[] = [];
  for (const [builder, threads] of cases) {
    const { graph, seconds } = await build(data, builder, threads);
    const { degree, mutual } = reportGraph(graph);
    const [recallAtEf64, recallAtEf128] = recallOf(graph, [64, 128]);
    rows.push({
      data: data.name,
      builder: builder === 'hnswlib' ? 'hnswlib-node' : 'usearch bf16',
      threads,
      default: builder === chosen && (builder === 'hnswlib' || threads === cores) ? 'yes' : '',
      seconds,
      ratio: (rows[0]?.seconds ?? seconds) / seconds,
      recallAtEf64,
      recallAtEf128,
      meanDegree: degree.mean,
      mutual,
    });
  }
  return rows;
}

function chooseData({ count, dim, embeddings }: BenchOptions): Promise<VectorData> {
  if (count === undefined && dim === undefined) {
    return realImages(embeddings ?? '.diptych/embeddings/pictograms', 'text');
  }
  const data = syntheticData(whole('count', count ?? '100000'), whole('dim', dim ?? '512'));
  return Promise.resolve(data);
}

function whole(flag: string, value: string): number {
  if (/^[1-9]\d*$/.test(value)) return Number(value);
  throw new DiptychError('invalid_option', `--${flag}: expected a whole number, got ${value}`);
}

async function build({ vectors, dim }: VectorData, builder: BuilderName, threads: number) {
  const { M, efConstruction } = defaults;
  const bar = progressBar(`${builder} x ${threads}`, vectors.length / dim);
  const start = performance.now();
  const options = { M, efConstruction, builder, threads };
  const graph = await buildGraph(vectors, dim, options, { onProgress: (done) => bar.update(done) });
  const seconds = (performance.now() - start) / 1000;
  bar.stop();
  return { graph, seconds };
}

/** Search exactly once, quantise once; then measure graph after graph. */
function measureRecall({ vectors, dim, queries }: VectorData) {
  const exactSearch = createExactSearch(vectors, dim);
  const exact = queries.map((query) => exactSearch(query, k));
  const quantised = quantise(vectors, dim, 'int8+residual');
  return (graph: HnswGraph, efs: readonly number[]): number[] => {
    const searcher = openSearcher(writeVectorFile(graph, quantised, xxh64), { dim });
    return efs.map((ef) => {
      const found = queries.map((query) => searcher.search(query, k, { efSearch: ef }).ids);
      return annRecallAtK(found, exact, k);
    });
  };
}
