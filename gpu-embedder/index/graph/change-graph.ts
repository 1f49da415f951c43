import { setImmediate } from 'node:timers/promises';
import type { HnswGraph } from '../../../src/version/graph.ts';
import { createRandom } from '../../common/random.ts';
import type { GraphHooks } from './build-graph.ts';
import { createCarryOver } from './carry-over.ts';
import { connectGraph } from './connect-graph.ts';
import { createInsert } from './insert-node.ts';
import { createMutableGraph, levelOf, packGraph, type MutableGraph } from './mutable-graph.ts';
import { createRowProducts } from './row-products.ts';

/** Milliseconds of work before the event loop gets a turn. */
const pauseMs = 20;

/**
 * Change a graph into the graph of other vectors, most of which are the same. A removed node leaves
 * no tombstone: its neighbours are linked to each other at once. New vectors are inserted. The same
 * input always gives the same graph; if nothing changed, it is the previous one.
 *
 * The work runs in the thread of the caller, in slices, because starting a thread takes as long as
 * changing one per cent of the vectors.
 *
 * @param vectors - [count, dim], L2-normalised
 * @param oldOf - [count], the node of `previous` that each vector had, none twice; -1 for a new one
 * @throws the signal's reason
 */
export async function changeGraph(
  previous: HnswGraph,
  vectors: Float32Array,
  dim: number,
  oldOf: Int32Array,
  { onProgress, signal }: GraphHooks = {},
): Promise<HnswGraph> {
  signal?.throwIfAborted();
  const { M, efConstruction } = previous;
  const count = oldOf.length;
  const newOf = new Int32Array(previous.count).fill(-1);
  for (let id = 0; id < count; id++) if (oldOf[id] >= 0) newOf[oldOf[id]] = id;
  const levels = oldOf.map((old, id) => (old >= 0 ? levelOf(previous, old) : drawLevel(id, M)));
  const graph = createMutableGraph(levels, M, efConstruction);
  // A node has at most 2 M links. If all are lost, each is replaced by up to 2 M candidates.
  const products = createRowProducts(vectors, dim, 4 * M * M);
  const pause = createPause({ onProgress, signal });

  const carryOver = createCarryOver(previous, newOf, graph, products);
  const pending: number[] = [];
  for (let old = 0; old < previous.count; old++) {
    if (newOf[old] >= 0 && !carryOver(old)) pending.push(newOf[old]);
    if (pause.due()) await pause.take(0);
  }
  chooseEntryPoint(graph, previous, newOf, pending);
  for (let id = 0; id < count; id++) if (oldOf[id] < 0) pending.push(id);
  const insert = createInsert(graph, products);
  for (const [i, id] of pending.entries()) {
    insert(id);
    if (pause.due()) await pause.take(count - pending.length + i + 1);
  }
  onProgress?.(count);
  signal?.throwIfAborted();
  return connectGraph(packGraph({ ...graph, entryPoint: Math.max(0, graph.entryPoint) }));
}

/** Draw a level as HNSW does, by a generator for each node: other insertions do not change it. */
function drawLevel(id: number, M: number): number {
  return Math.floor(-Math.log(1 - createRandom(id).uniform()) / Math.log(M));
}

/** Keep the entry point, or choose a node of the highest level that does not wait for insertion. */
function chooseEntryPoint(
  graph: MutableGraph,
  previous: HnswGraph,
  newOf: Int32Array,
  pending: readonly number[],
): void {
  const waiting = new Set(pending);
  for (const id of [newOf[previous.entryPoint] ?? -1, ...newOf]) {
    if (id < 0 || waiting.has(id)) continue;
    if (graph.entryPoint >= 0 && levelOf(graph, id) <= graph.maxLevel) continue;
    graph.entryPoint = id;
    graph.maxLevel = levelOf(graph, id);
  }
}

/** Create a pause that reports progress, lets other events run and stops if the signal says so. */
function createPause({ onProgress, signal }: GraphHooks) {
  let last = performance.now();
  return {
    due: () => performance.now() - last >= pauseMs,
    async take(done: number): Promise<void> {
      onProgress?.(done);
      await setImmediate();
      signal?.throwIfAborted();
      last = performance.now();
    },
  };
}
