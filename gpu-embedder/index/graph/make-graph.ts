import type { VectorIndex } from '../../../src/version/manifest.ts';
import type { HnswGraph } from '../../../src/version/graph.ts';
import { buildGraph, type GraphHooks, type GraphOptions } from './build-graph.ts';
import { changeGraph } from './change-graph.ts';
import { planChange, whyRebuild } from './plan-change.ts';
import type { PreviousVectors } from '../version/previous-vectors.ts';

/** Where a graph comes from that is not built from nothing. */
export interface GraphOrigin {
  readonly previous: PreviousVectors;
  /** [count], the key of each new vector. */
  readonly keys: readonly string[];
}

export interface MadeGraph {
  readonly graph: HnswGraph;
  readonly change?: VectorIndex['change'];
  /** Why it was built from nothing in spite of its origin. */
  readonly rebuilt?: string;
}

/** Change the graph of the version before, or build one. */
export async function makeGraph(
  vectors: Float32Array,
  dim: number,
  { M, efConstruction, builder }: GraphOptions,
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
