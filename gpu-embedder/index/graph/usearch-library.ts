import { Index, MetricKind, ScalarKind } from 'usearch';
import type { GraphLibrary, LibraryInput } from './graph-library.ts';
import { readUsearch } from './read-usearch.ts';

/** Vectors that are inserted one after another, so that threads meet no empty graph. */
const alone = 256;

/** Values beyond so many times the root mean square are cut off: a few rare ones would coarsen the rest. */
const clip = 8;

/**
 * Build with usearch: int8, which it casts to itself, on many threads. With more than one the
 * graph differs a little every time, since it depends on which thread comes first.
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
  // It casts -1 to 1 to the range of int8, of which unit vectors would use a few values only. A
  // factor that all share leaves the order of inner products as it is.
  const scaled = (rows: Float32Array) =>
    rows.map((value) => Math.max(-1, Math.min(1, value / reach)));
  const insert = (from: number, to: number) => {
    const keys = BigUint64Array.from({ length: to - from }, (_, i) => BigInt(from + i));
    // It makes room for as many threads as its first call names, whether or not they have work.
    index.add(keys, scaled(vectors.subarray(from * dim, to * dim)), threads);
  };
  return {
    chunk: 1024 * threads,
    add(from, to) {
      let next = from;
      for (; next < Math.min(to, alone); next++) insert(next, next + 1);
      if (next < to) insert(next, to);
    },
    // A node is linked to from the upper levels first. A thread that comes along then finds no links
    // on level 0 and leaves its own node with this one neighbour, and nobody to lead there.
    addAgain(id) {
      index.remove(BigInt(id));
      insert(id, id + 1);
    },
    save: (file) => index.save(file),
    read: (bytes) => readUsearch(bytes, dim, efConstruction),
  };
}

/** The largest magnitude that is told apart. */
function reachOf(vectors: Float32Array): number {
  let [largest, squares] = [0, 0];
  for (const value of vectors) {
    largest = Math.max(largest, Math.abs(value));
    squares += value * value;
  }
  return Math.min(largest, clip * Math.sqrt(squares / vectors.length)) || 1;
}
