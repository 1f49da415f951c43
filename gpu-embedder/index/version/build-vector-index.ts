import { quantise, type Quantisation } from '../../../src/version/quantise.ts';
import type { VectorIndex } from '../../../src/version/manifest.ts';
import { writeVectorFile } from '../../../src/version/write-vector-file.ts';
import { splitRange, type Range } from '../../../src/version/ranges.ts';
import { defaults } from '../../../src/config.ts';
import { joinSearchers } from '../../../src/hnsw/join-searchers.ts';
import type { BuilderChoice } from '../../../src/jobs/build-options.ts';
import type { GraphHooks } from '../graph/build-graph.ts';
import { reportGraph, type GraphReport } from '../graph/graph-report.ts';
import { makeGraph, type GraphOrigin } from '../graph/make-graph.ts';
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
  /** Isolates that the vectors are split among; 1 keeps them with the rest. */
  readonly shards: number;
}

/** Vectors of the other modality, which are what is searched for. */
export interface RecallQueries {
  readonly kind: 'caption' | 'image';
  /** [n, dim]; with none, disturbed vectors of the index stand in. */
  readonly vectors: Float32Array;
}

/** A part of the vectors, for an isolate of its own. */
export interface VectorPart {
  readonly range: Range;
  readonly file: Uint8Array;
  /** Null where Vectorize makes its own. */
  readonly graph: GraphReport | null;
  /** Why the graph was built from nothing though another was there to change. */
  readonly rebuilt?: string;
}

export interface BuiltVectorIndex {
  /** As many as there are shards. */
  readonly parts: readonly VectorPart[];
  readonly index: VectorIndex;
}

/**
 * Build the vector files, open them as the edge will, and measure what they find together.
 *
 * @param vectors - [count, dim], L2-normalised
 * @param origin - what to make it from, in one part; by default it is built from nothing
 */
export async function buildVectorIndex(
  vectors: Float32Array,
  dim: number,
  queries: RecallQueries,
  options: VectorIndexOptions,
  { onProgress, signal }: GraphHooks = {},
  origin?: GraphOrigin,
): Promise<BuiltVectorIndex> {
  const count = vectors.length / dim;
  const { M, efConstruction, quantisation, recall } = options;
  const parts: VectorPart[] = [];
  let change: VectorIndex['change'];
  for (const range of splitRange(count, options.shards)) {
    const { first, count: size } = range;
    const rows = vectors.subarray(first * dim, (first + size) * dim);
    const hooks = { signal, onProgress: (done: number) => onProgress?.(first + done) };
    const made = await makeGraph(rows, dim, options, hooks, origin);
    const file = writeVectorFile(made.graph, quantise(rows, dim, quantisation), xxh64);
    parts.push({ range, file, graph: reportGraph(made.graph), rebuilt: made.rebuilt });
    change = made.change;
  }
  const index = { count, M, efConstruction, quantisation, change };
  if (count === 0) {
    const { efSearch } = defaults;
    return {
      parts,
      index: { ...index, efSearch, annRecallAt10: null, effort: [], recallQueries: null },
    };
  }
  const crossed = queries.vectors.length > 0;
  const size = change ? changeSampleSize : sampleSize;
  const samples = crossed
    ? sampleQueries(queries.vectors, dim, size)
    : noisyQueries(vectors, dim, size);
  const searcher = joinSearchers(
    parts.map(({ range, file }) => ({ range, searcher: openSearcher(file, { dim }) })),
  );
  const { effort, ...measured } = measureRecall(searcher, vectors, samples, recall);
  const recallQueries = crossed ? queries.kind : 'noise';
  return { parts, index: { ...index, ...measured, effort: [...effort], recallQueries } };
}
