import { quantise, type Quantisation } from '../../src/artifact/quantise.ts';
import type { VectorIndex } from '../../src/artifact/manifest.ts';
import { writeVectorFile } from '../../src/artifact/write-vector-file.ts';
import { defaults } from '../../src/config.ts';
import type { GraphHooks } from './build-graph.ts';
import type { BuilderChoice } from './choose-builder.ts';
import { reportGraph, type GraphReport } from './graph-report.ts';
import { makeGraph, type GraphOrigin } from './make-graph.ts';
import {
  changeSampleSize,
  measureRecall,
  noisyQueries,
  sampleQueries,
  sampleSize,
} from './measure-recall.ts';
import { openSearcher } from './open-searcher.ts';
import { xxh64 } from './xxh64.ts';

export interface VectorIndexOptions {
  readonly M: number;
  readonly efConstruction: number;
  /** efSearch is the smallest that reaches this annRecall@10. */
  readonly recall: number;
  readonly quantisation: Quantisation;
  readonly builder: BuilderChoice;
}

/** Vectors of the other modality, which are what is searched for. */
export interface RecallQueries {
  readonly kind: 'caption' | 'image';
  /** [n, dim]; with none, disturbed vectors of the index stand in. */
  readonly vectors: Float32Array;
}

export interface BuiltVectorIndex {
  readonly file: Uint8Array;
  readonly index: VectorIndex;
  readonly graph: GraphReport;
  /** Why the graph was built from nothing though another was there to change. */
  readonly rebuilt?: string;
}

/**
 * Build a vector file, open it as the edge will, and measure what it finds.
 *
 * @param vectors - [count, dim], L2-normalised
 * @param origin - what to make it from; by default it is built from nothing
 */
export async function buildVectorIndex(
  name: string,
  vectors: Float32Array,
  dim: number,
  queries: RecallQueries,
  options: VectorIndexOptions,
  hooks: GraphHooks = {},
  origin?: GraphOrigin,
): Promise<BuiltVectorIndex> {
  const { M, efConstruction, recall, quantisation } = options;
  const made = await makeGraph(vectors, dim, options, hooks, origin);
  const { rebuilt } = made;
  const graph = reportGraph(made.graph);
  const file = writeVectorFile(made.graph, quantise(vectors, dim, quantisation), xxh64);
  const searcher = openSearcher(file, { name, dim });
  const { count } = made.graph;
  const index = { count, M, efConstruction, quantisation, change: made.change };
  if (count === 0) {
    const { efSearch } = defaults;
    const unmeasured = { efSearch, annRecallAt10: null, effort: [], recallQueries: null };
    return { file, index: { ...index, ...unmeasured }, graph, rebuilt };
  }
  const crossed = queries.vectors.length > 0;
  const size = made.change ? changeSampleSize : sampleSize;
  const samples = crossed
    ? sampleQueries(queries.vectors, dim, size)
    : noisyQueries(vectors, dim, size);
  const measured = measureRecall(searcher, vectors, samples, recall);
  return {
    file,
    index: {
      ...index,
      ...measured,
      effort: [...measured.effort],
      recallQueries: crossed ? queries.kind : 'noise',
    },
    graph,
    rebuilt,
  };
}
