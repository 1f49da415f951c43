import hnswlib from 'hnswlib-node';
import type { GraphLibrary, LibraryInput } from './graph-library.ts';
import { readHnswlib } from './read-hnswlib.ts';

/** Build with hnswlib: float32, one thread, the same graph every time. */
export function openHnswlib(input: LibraryInput): GraphLibrary {
  const { vectors, dim, M, efConstruction, seed } = input;
  const index = new hnswlib.HierarchicalNSW('ip', dim);
  index.initIndex(vectors.length / dim, M, efConstruction, seed);
  return {
    chunk: 256,
    add(from, to) {
      for (let i = from; i < to; i++) {
        index.addPoint(Array.from(vectors.subarray(i * dim, (i + 1) * dim)), i);
      }
    },
    save: (file) => void index.writeIndexSync(file),
    read: (bytes) => readHnswlib(bytes, dim),
  };
}
