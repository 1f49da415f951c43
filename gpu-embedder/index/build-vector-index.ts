import { quantise, type Quantisation } from '../../src/artifact/quantise.ts';
import type { VectorIndex } from '../../src/artifact/manifest.ts';
import { writeVectorFile } from '../../src/artifact/write-vector-file.ts';
import { defaults } from '../../src/config.ts';
import { buildGraph, type GraphHooks } from './build-graph.ts';
import { measureRecall, noisyQueries, sampleQueries } from './measure-recall.ts';
import { openSearcher } from './open-searcher.ts';
import { xxh64 } from './xxh64.ts';

export interface VectorIndexOptions {
  readonly M: number;
  readonly efConstruction: number;
  /** efSearch is the smallest that reaches this annRecall@10. */
  readonly recall: number;
  readonly quantisation: Quantisation;
}

/** Vectors of the other modality, which are what is searched for. */
export interface RecallQueries {
  readonly kind: 'caption' | 'image';
  /** [n, dim]; with none, disturbed vectors of the index stand in. */
  readonly vectors: Float32Array;
}

/**
 * Build a vector file, open it as the edge will, and measure what it finds.
 *
 * @param vectors - [count, dim], L2-normalised
 */
export async function buildVectorIndex(
  name: string,
  vectors: Float32Array,
  dim: number,
  queries: RecallQueries,
  options: VectorIndexOptions,
  hooks: GraphHooks = {},
): Promise<{ readonly file: Uint8Array; readonly index: VectorIndex }> {
  const { M, efConstruction, recall, quantisation } = options;
  const graph = await buildGraph(vectors, dim, { M, efConstruction }, hooks);
  const file = writeVectorFile(graph, quantise(vectors, dim, quantisation), xxh64);
  const searcher = openSearcher(file, { name, dim });
  const index = { count: graph.count, M, efConstruction, quantisation };
  if (graph.count === 0) {
    const { efSearch } = defaults;
    const unmeasured = { efSearch, annRecallAt10: null, effort: [], recallQueries: null };
    return { file, index: { ...index, ...unmeasured } };
  }
  const crossed = queries.vectors.length > 0;
  const samples = crossed ? sampleQueries(queries.vectors, dim) : noisyQueries(vectors, dim);
  const measured = measureRecall(searcher, vectors, samples, recall);
  return {
    file,
    index: {
      ...index,
      ...measured,
      effort: [...measured.effort],
      recallQueries: crossed ? queries.kind : 'noise',
    },
  };
}
