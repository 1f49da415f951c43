import type { HnswGraph } from '../../src/hnsw/graph.ts';
import { DiptychError } from '../../src/errors.ts';
import { startThread } from '../threads/start-thread.ts';
import { connectGraph } from './connect-graph.ts';

export interface GraphOptions {
  readonly M: number;
  readonly efConstruction: number;
  /** Seed of the level generator. */
  readonly seed?: number;
}

/** Builds a graph over unit vectors for inner product; what differs is the library underneath. */
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

export interface GraphThreadData {
  /** [count, dim] in a SharedArrayBuffer. */
  readonly vectors: Float32Array;
  readonly dim: number;
  readonly options: Required<GraphOptions>;
  /** One shared number; not zero asks the thread to end. */
  readonly stopped: Int32Array;
}

export type GraphThreadMessage = { readonly done: number } | { readonly graph: HnswGraph };

/** Build with hnswlib-node in a worker thread, since it blocks the thread that it runs in. */
export const buildGraph: GraphBuilder = async (vectors, dim, options, hooks = {}) => {
  const { onProgress, signal } = hooks;
  signal?.throwIfAborted();
  if (vectors.length === 0) return emptyGraph(options);
  const shared = new Float32Array(new SharedArrayBuffer(vectors.byteLength));
  shared.set(vectors);
  const stopped = new Int32Array(new SharedArrayBuffer(4));
  const data: GraphThreadData = { vectors: shared, dim, options: { seed: 1, ...options }, stopped };
  const worker = startThread(new URL('./build-graph-thread.ts', import.meta.url), data);
  // Terminating a thread inside of hnswlib-node aborts the process: it is asked to end by itself.
  const stop = () => void Atomics.store(stopped, 0, 1);
  signal?.addEventListener('abort', stop);
  try {
    const graph = await new Promise<HnswGraph>((resolve, reject) => {
      worker.on('message', (message: GraphThreadMessage) => {
        if ('graph' in message) resolve(message.graph);
        else onProgress?.(message.done);
      });
      worker.on('error', reject);
      worker.on('exit', (code) => {
        const why = `graph construction: the thread ended with code ${code} before the graph was there`;
        reject(signal?.aborted ? signal.reason : new DiptychError('internal', why));
      });
    });
    return connectGraph(graph);
  } finally {
    signal?.removeEventListener('abort', stop);
    await worker.terminate();
  }
};

function emptyGraph({ M, efConstruction }: GraphOptions): HnswGraph {
  const none = { links: new Uint32Array(), upperLinks: new Uint32Array() };
  const starts = { linkStarts: new Uint32Array(1), upperStarts: new Uint32Array(1) };
  return { count: 0, M, efConstruction, entryPoint: 0, maxLevel: 0, ...none, ...starts };
}
