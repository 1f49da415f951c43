import type { HnswGraph } from '../../src/hnsw/graph.ts';
import { DiptychError } from '../../src/errors.ts';
import { startThread } from '../threads/start-thread.ts';
import type { BuilderChoice, BuilderName } from '../../src/jobs/build-options.ts';
import { chooseBuilder, threadsFor } from './choose-builder.ts';
import { connectGraph } from './connect-graph.ts';
import type { LibraryInput } from './graph-library.ts';

export interface GraphOptions {
  readonly M: number;
  readonly efConstruction: number;
  /** Default 'auto': by the number of vectors. */
  readonly builder?: BuilderChoice;
  /** Seed of hnswlib's level generator; usearch has one of its own. */
  readonly seed?: number;
  /** Threads of usearch, by default as `threadsFor` says; hnswlib has one. */
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

export interface GraphThreadData {
  readonly builder: BuilderName;
  /** Its vectors are in a SharedArrayBuffer. */
  readonly input: LibraryInput;
  /** One shared number; not zero asks the thread to end. */
  readonly stopped: Int32Array;
}

export type GraphThreadMessage = { readonly done: number } | { readonly graph: HnswGraph };

/** Build in a worker thread, since either library blocks the thread that it runs in. */
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
  const data: GraphThreadData = { builder, input, stopped };
  const worker = startThread(new URL('./build-graph-thread.ts', import.meta.url), data);
  // Terminating a thread inside of a native library aborts the process: it is asked to end by itself.
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
    // It may have been done before it saw that it was to stop.
    signal?.throwIfAborted();
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
