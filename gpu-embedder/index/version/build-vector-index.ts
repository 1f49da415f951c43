import { quantise, type Quantisation } from '../../../src/version/quantise.ts';
import type { HnswGraph } from '../../../src/version/graph.ts';
import type { VectorIndex, VectorPlace } from '../../../src/version/manifest.ts';
import { writeVectorFile } from '../../../src/version/write-vector-file.ts';
import { splitRange, type Range } from '../../../src/version/ranges.ts';
import { defaults } from '../../../src/config.ts';
import { joinSearchers } from '../../../src/hnsw/join-searchers.ts';
import type { BuilderChoice } from '../../../src/jobs/build-options.ts';
import { vectorizeLimits } from '../../../src/vectorize/limits.ts';
import { buildGraph, type GraphHooks } from '../graph/build-graph.ts';
import { changeGraph } from '../graph/change-graph.ts';
import { reportGraph, type GraphReport } from '../graph/graph-report.ts';
import { planChange, whyRebuild } from '../graph/plan-change.ts';
import type { IndexSource } from '../source/index-source.ts';
import {
  changeSampleSize,
  measureRecall,
  noisyQueries,
  sampleQueries,
  sampleSize,
} from './measure-recall.ts';
import { openSearcher } from './open-searcher.ts';
import type { PreviousVectors } from './previous-vectors.ts';
import type { PreviousVersion } from './previous-version.ts';
import { xxh64 } from './xxh64.ts';

export interface VectorIndexOptions {
  readonly M: number;
  readonly efConstruction: number;
  /** The index gets the smallest efSearch that reaches this annRecall@10. */
  readonly recall: number;
  readonly quantisation: Quantisation;
  readonly builder: BuilderChoice;
  /** Number of isolates that share the vectors. With 1, the isolate of the version holds them. */
  readonly shards: number;
}

/** Queries for measuring recall: vectors of the other modality. */
export interface RecallQueries {
  readonly kind: 'caption' | 'image';
  /** [n, dim]; if n is 0, vectors of the index with noise added are the queries. */
  readonly vectors: Float32Array;
}

/** An earlier graph to change, so that a new one need not be built. */
export interface GraphOrigin {
  readonly previous: PreviousVectors;
  /** [count], the key of each new vector. */
  readonly keys: readonly string[];
}

/** The vectors of one isolate. */
export interface VectorPart {
  readonly range: Range;
  readonly file: Uint8Array;
  /** Null if Vectorize holds the vectors, since it makes its own graph. */
  readonly graph: GraphReport | null;
  /** Why a new graph was built although there was an earlier one to change. */
  readonly rebuilt?: string;
}

export interface BuiltVectorIndex {
  /** One for each shard. */
  readonly parts: readonly VectorPart[];
  readonly index: VectorIndex;
}

export interface BuiltVectors {
  readonly image: BuiltVectorIndex;
  /** It has as many parts as `image`. */
  readonly caption: BuiltVectorIndex;
}

/**
 * Build the vector files of a source, those of images and captions at the same time.
 *
 * @param previous - the version whose graphs are changed; null builds new graphs
 * @param hooks - progress counts the inserted vectors of both kinds
 */
export async function buildVectorIndexes(
  source: IndexSource,
  place: VectorPlace,
  options: VectorIndexOptions,
  { signal, onProgress }: GraphHooks,
  previous: PreviousVersion | null,
): Promise<BuiltVectors> {
  const { image, caption } = source;
  const dim = source.model.embedDim;
  if (place === 'vectorize') {
    return { image: plainVectorIndex(image, dim), caption: plainVectorIndex(caption, dim) };
  }
  const origins = previous && {
    image: { previous: previous.image, keys: source.items.map(({ id }) => id) },
    caption: { previous: previous.caption, keys: source.captionTexts.map(({ text }) => text) },
  };
  const done = { image: 0, caption: 0 };
  const hooks = (kind: keyof typeof done) => ({
    signal,
    onProgress: (count: number) => {
      done[kind] = count;
      onProgress?.(done.image + done.caption);
    },
  });
  const forImages = { kind: 'caption', vectors: caption } as const;
  const forCaptions = { kind: 'image', vectors: image } as const;
  // If one fails, the other is still awaited: no thread outlives this call.
  const results = await Promise.allSettled([
    buildVectorIndex(image, dim, forImages, options, hooks('image'), origins?.image),
    buildVectorIndex(caption, dim, forCaptions, options, hooks('caption'), origins?.caption),
  ]);
  const [imageIndex, captionIndex] = results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
  return { image: imageIndex, caption: captionIndex };
}

/**
 * Describe vectors that stay as they are: `publish` puts them into Vectorize.
 *
 * @param vectors - [count, dim]
 */
export function plainVectorIndex(vectors: Float32Array, dim: number): BuiltVectorIndex {
  const count = vectors.length / dim;
  const file = new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength);
  return {
    parts: [{ range: { first: 0, count }, file, graph: null }],
    index: {
      count,
      M: null,
      efConstruction: null,
      efSearch: vectorizeLimits.topK,
      annRecallAt10: null,
      effort: [],
      recallQueries: null,
      quantisation: null,
    },
  };
}

/**
 * Build the vector files of one kind, open them as the edge does, and measure the recall of a
 * search over all of them.
 *
 * @param vectors - [count, dim], L2-normalised
 * @param origin - the graph to change, only for an index of one part; default: build a new graph
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
    const made = await changeOrBuildGraph(rows, dim, options, hooks, origin);
    const file = writeVectorFile(made.graph, quantise(rows, dim, quantisation), xxh64);
    parts.push({ range, file, graph: reportGraph(made.graph), rebuilt: made.rebuilt });
    change = made.change;
  }
  const sample = change ? changeSampleSize : sampleSize;
  const measured = measureParts(parts, vectors, dim, queries, sample, recall);
  return { parts, index: { count, M, efConstruction, quantisation, change, ...measured } };
}

interface MadeGraph {
  readonly graph: HnswGraph;
  readonly change?: VectorIndex['change'];
  readonly rebuilt?: string;
}

async function changeOrBuildGraph(
  vectors: Float32Array,
  dim: number,
  { M, efConstruction, builder }: VectorIndexOptions,
  hooks: GraphHooks,
  origin?: GraphOrigin,
): Promise<MadeGraph> {
  const build = () => buildGraph(vectors, dim, { M, efConstruction, builder }, hooks);
  if (!origin) return { graph: await build() };
  const { previous, keys } = origin;
  const { oldOf, ...change } = planChange(previous, keys, vectors, dim);
  const rebuilt = whyRebuild(change, previous, { M, efConstruction });
  if (rebuilt !== null) return { graph: await build(), rebuilt };
  return { graph: await changeGraph(previous.graph, vectors, dim, oldOf, hooks), change };
}

type MeasuredIndex = Pick<VectorIndex, 'efSearch' | 'annRecallAt10' | 'effort' | 'recallQueries'>;

function measureParts(
  parts: readonly VectorPart[],
  vectors: Float32Array,
  dim: number,
  queries: RecallQueries,
  sample: number,
  recall: number,
): MeasuredIndex {
  if (vectors.length === 0) {
    const { efSearch } = defaults;
    return { efSearch, annRecallAt10: null, effort: [], recallQueries: null };
  }
  const crossed = queries.vectors.length > 0;
  const samples = crossed
    ? sampleQueries(queries.vectors, dim, sample)
    : noisyQueries(vectors, dim, sample);
  const searcher = joinSearchers(
    parts.map(({ range, file }) => ({ range, searcher: openSearcher(file, { dim }) })),
  );
  const { effort, ...measured } = measureRecall(searcher, vectors, samples, recall);
  return { ...measured, effort: [...effort], recallQueries: crossed ? queries.kind : 'noise' };
}
