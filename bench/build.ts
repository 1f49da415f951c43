import { availableParallelism } from 'node:os';
import { buildGraph } from '../gpu-embedder/index/graph/build-graph.ts';
import { chooseBuilder } from '../gpu-embedder/index/graph/choose-builder.ts';
import type { BuilderName } from '../src/jobs/build-options.ts';
import { reportGraph } from '../gpu-embedder/index/graph/graph-report.ts';
import { progressBar } from '../gpu-embedder/common/progress.ts';
import { defaults } from '../src/config.ts';
import type { BenchOptions } from './bench.ts';
import { graphRecall } from './vectors/graph-recall.ts';
import { chooseVectors, type VectorData } from './vectors/vector-data.ts';

export interface BuildRow {
  readonly data: string;
  readonly builder: string;
  readonly threads: number;
  /** Whether `diptych index` builds with it for this number of vectors. */
  readonly default: 'yes' | '';
  /** Time from vectors to a graph that is ready to be packed. */
  readonly seconds: number;
  /** Speed as a multiple of that of hnswlib-node. */
  readonly ratio: number;
  /** annRecall@10 of Diptych's searcher on the graph. */
  readonly recallAtEf64: number;
  readonly recallAtEf128: number;
  /** Mean number of links of a node on level 0. */
  readonly meanDegree: number;
  /** Share of the links whose target links back. */
  readonly mutual: number;
}

export const question = `How long do hnswlib-node and usearch take to build a graph (M ${defaults.M}, efConstruction ${defaults.efConstruction}), and what is its recall?`;

export const flags = ['embeddings', 'count', 'dim'] as const;

/** `--count 100000 --dim 512` uses synthetic vectors; the default is a folder that `encode` wrote. */
export async function run(options: BenchOptions = {}): Promise<BuildRow[]> {
  const data = await chooseVectors(options);
  const recallOf = graphRecall(data);
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
      builder: builder === 'hnswlib' ? 'hnswlib-node' : 'usearch int8',
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
