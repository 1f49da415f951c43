import type { HnswGraph } from '../../../src/version/graph.ts';
import { askThread } from '../../common/threads/ask-thread.ts';
import { startThread } from '../../common/threads/start-thread.ts';
import type { BuilderChoice } from '../../../src/jobs/build-options.ts';
import { chooseBuilder, threadsFor } from './choose-builder.ts';
import type { GraphAnswers, GraphTask } from './build-graph-thread.ts';
import { connectGraph } from './connect-graph.ts';
import type { LibraryInput } from './graph-library.ts';

export interface GraphOptions {
  readonly M: number;
  readonly efConstruction: number;
  /** Default 'auto', which chooses by the number of vectors. */
  readonly builder?: BuilderChoice;
  /** Seed of hnswlib's level generator; usearch does not take one. */
  readonly seed?: number;
  /** Number of threads of usearch, by default `threadsFor(count)`; hnswlib uses one. */
  readonly threads?: number;
}

/** Builds a graph over unit vectors for inner product. */
export type GraphBuilder = (
  vectors: Float32Array,
  dim: number,
  options: GraphOptions,
  hooks?: GraphHooks,
) => Promise<HnswGraph>;

export interface GraphHooks {
  /** Called with the number of vectors inserted so far. */
  readonly onProgress?: (done: number) => void;
  /** Stops the construction, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Build in a worker thread, because both libraries block the thread that they run in. */
export const buildGraph: GraphBuilder = async (vectors, dim, options, hooks = {}) => {
  const { onProgress, signal } = hooks;
  signal?.throwIfAborted();
  if (vectors.length === 0) return emptyGraph(options);
  const shared = new Float32Array(new SharedArrayBuffer(vectors.byteLength));
  shared.set(vectors);
  const count = vectors.length / dim;
  const { M, efConstruction, seed = 1, threads = threadsFor(count) } = options;
  const builder = chooseBuilder(count, options.builder);
  const input: LibraryInput = { vectors: shared, dim, M, efConstruction, seed, threads };
  const stopped = new Int32Array(new SharedArrayBuffer(4));
  const task: GraphTask = { builder, input, stopped };
  const entry = new URL('./build-graph-thread.ts', import.meta.url);
  const thread = askThread<GraphAnswers>(startThread(entry), { what: 'graph construction' });
  // To terminate a thread inside a native library aborts the process, so the thread ends by itself.
  const stop = () => void Atomics.store(stopped, 0, 1);
  signal?.addEventListener('abort', stop);
  try {
    const graph = await thread.ask('build', task, (done) => onProgress?.(done));
    // A stopped thread gives no graph. It may also finish before it sees the request to stop.
    signal?.throwIfAborted();
    return connectGraph(graph!);
  } finally {
    signal?.removeEventListener('abort', stop);
    await thread.dispose();
  }
};

function emptyGraph({ M, efConstruction }: GraphOptions): HnswGraph {
  const none = { links: new Uint32Array(), upperLinks: new Uint32Array() };
  const starts = { linkStarts: new Uint32Array(1), upperStarts: new Uint32Array(1) };
  return { count: 0, M, efConstruction, entryPoint: 0, maxLevel: 0, ...none, ...starts };
}
