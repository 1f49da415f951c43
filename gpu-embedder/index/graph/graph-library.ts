import type { HnswGraph } from '../../../src/version/graph.ts';

/** Vectors and parameters, as a library gets them. */
export interface LibraryInput {
  /** [count, dim], L2-normalised. */
  readonly vectors: Float32Array;
  readonly dim: number;
  readonly M: number;
  readonly efConstruction: number;
  readonly seed: number;
  readonly threads: number;
}

/** An HNSW library at work on one graph; all of it blocks the thread that it runs in. */
export interface GraphLibrary {
  /** Vectors of one call of `add` that keep it busy, yet let it be stopped soon. */
  readonly chunk: number;
  /** Insert rows `from` to `to` of the vectors; calls follow one another from 0 to count. */
  add(from: number, to: number): void;
  /** Insert a vector once more that the others do not lead to, where that helps. */
  addAgain?(id: number): void;
  save(file: string): void;
  /** Read what was saved. */
  read(bytes: Uint8Array): HnswGraph;
}
