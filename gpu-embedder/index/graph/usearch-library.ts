import { Index, MetricKind, ScalarKind } from 'usearch';
import type { GraphLibrary, LibraryInput } from './graph-library.ts';
import { readUsearch } from './read-usearch.ts';

/** Number of vectors that are inserted one by one, so that threads do not start on an empty graph. */
const alone = 256;

/** Values above this multiple of the root mean square are cut off, which keeps int8 steps small. */
const clip = 8;

/**
 * Build with usearch, which casts vectors to int8 and can use many threads. With more than one, the
 * graph differs a little every time, because it depends on which thread comes first.
 */
export function openUsearch(input: LibraryInput): GraphLibrary {
  const { vectors, dim, M, efConstruction, threads } = input;
  const index = new Index({
    dimensions: dim,
    metric: MetricKind.IP,
    quantization: ScalarKind.I8,
    connectivity: M,
    expansion_add: efConstruction,
    expansion_search: efConstruction,
    multi: false,
  });
  const reach = reachOf(vectors);
  // usearch maps -1 to 1 to the range of int8, of which unit vectors would use only a few values.
  // One factor for all vectors does not change the order of inner products.
  const scaled = (rows: Float32Array) =>
    rows.map((value) => Math.max(-1, Math.min(1, value / reach)));
  const insert = (from: number, to: number) => {
    const keys = BigUint64Array.from({ length: to - from }, (_, i) => BigInt(from + i));
    // usearch makes room for the number of threads in its first call, so every call names all.
    index.add(keys, scaled(vectors.subarray(from * dim, to * dim)), threads);
  };
  return {
    chunk: 1024 * threads,
    add(from, to) {
      let next = from;
      for (; next < Math.min(to, alone); next++) insert(next, next + 1);
      if (next < to) insert(next, to);
    },
    // Others link to a new node on the upper levels before it has links on level 0. A thread that
    // arrives in between gives its own node this one neighbour, and no node links to its own.
    addAgain(id) {
      index.remove(BigInt(id));
      insert(id, id + 1);
    },
    save: (file) => index.save(file),
    read: (bytes) => readUsearch(bytes, dim, efConstruction),
  };
}

/** Find the largest magnitude; values above it are cut off. */
function reachOf(vectors: Float32Array): number {
  let [largest, squares] = [0, 0];
  for (const value of vectors) {
    largest = Math.max(largest, Math.abs(value));
    squares += value * value;
  }
  return Math.min(largest, clip * Math.sqrt(squares / vectors.length)) || 1;
}
