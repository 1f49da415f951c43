import type { HnswGraph } from '../../../src/version/graph.ts';

/** Vectors and parameters that a library builds a graph from. */
export interface LibraryInput {
  /** [count, dim], L2-normalised. */
  readonly vectors: Float32Array;
  readonly dim: number;
  readonly M: number;
  readonly efConstruction: number;
  readonly seed: number;
  readonly threads: number;
}

/** An HNSW library that builds one graph. Every call blocks its thread. */
export interface GraphLibrary {
  /** Number of vectors for one call of `add`: enough to use all threads, few enough to stop soon. */
  readonly chunk: number;
  /** Insert rows `from` to `to` of the vectors; calls follow one another from 0 to count. */
  add(from: number, to: number): void;
  /** Insert a vector again that cannot be reached; absent if that does not help. */
  addAgain?(id: number): void;
  save(file: string): void;
  /** Read what was saved. */
  read(bytes: Uint8Array): HnswGraph;
}
