import { createRandom } from '../../gpu-embedder/common/random.ts';
import type { VectorData } from './vector-data.ts';

/** Vectors with names; a name is stable from one state of a collection to the next. */
export interface NamedVectors {
  readonly keys: readonly string[];
  /** [keys.length, dim] */
  readonly vectors: Float32Array;
}

/** One vector in this many is reserved for additions and updates. */
const reserved = 6;

/** Make a collection that can change. */
export function changingCollection({ vectors, dim }: VectorData) {
  const count = vectors.length / dim;
  const rows = Array.from({ length: count }, (_, row) => row);
  const base = rows.filter((row) => row % reserved !== 0);
  const reserve = rows.filter((row) => row % reserved === 0);
  const named = (names: readonly number[], of: readonly number[]): NamedVectors => {
    const result = new Float32Array(of.length * dim);
    of.forEach((row, i) => result.set(vectors.subarray(row * dim, (row + 1) * dim), i * dim));
    return { keys: names.map(String), vectors: result };
  };
  return {
    before: named(base, base),
    /** Change a share: half of it by updates, a quarter by deletions and a quarter by additions. */
    after(share: number): NamedVectors {
      const random = createRandom(1);
      const names: number[] = [];
      const of: number[] = [];
      let next = 0;
      for (const row of base) {
        const draw = random.uniform() / share;
        if (draw < 0.25) continue;
        names.push(row);
        of.push(draw < 0.75 ? reserve[next++] : row);
        if (draw < 0.75 || draw >= 1) continue;
        names.push(reserve[next]);
        of.push(reserve[next++]);
      }
      return named(names, of);
    },
  };
}
