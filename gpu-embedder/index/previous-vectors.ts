import { readVectorGraph } from '../../src/artifact/read-vector-graph.ts';
import { dequantise, openPlanes } from '../../src/hnsw/file-planes.ts';
import type { HnswGraph } from '../../src/hnsw/graph.ts';
import { openSearcher } from './open-searcher.ts';

/** The vectors of an earlier version, each under a key: the id of an item, the text of a caption. */
export interface PreviousVectors {
  /** Id of that version. */
  readonly version: string;
  readonly graph: HnswGraph;
  /** [graph.count] */
  readonly keys: readonly string[];
  /** Tell whether `vector` may be the one that node `id` was made of. */
  isSame(id: number, vector: Float32Array): boolean;
}

/** What the same picture may differ by in a dimension when it is encoded again: another order of sums. */
const noise = 1e-5;

/**
 * Open a vector file as the start of the next one.
 *
 * A vector is the same if it is where quantisation may have moved the stored one from: within half a
 * step in every dimension, or of the same signs where signs are all there is. One that moved by less
 * may keep its links, and is stored anew anyhow.
 *
 * @throws DiptychError index_unreadable
 */
export function openPreviousVectors(
  version: string,
  bytes: Uint8Array,
  { name, dim, keys }: { name: string; dim: number; keys: readonly string[] },
): PreviousVectors {
  const { header } = openSearcher(bytes, { name, dim });
  // Views of 32 bits want the file at the start of a buffer.
  const file = Uint8Array.from(bytes);
  const planes = openPlanes({ buffer: file.buffer }, header, 0);
  const { centre, scales, residualScales } = planes;
  const step = residualScales.length > 0 ? residualScales : scales;
  const near = Float32Array.from(step, (value) => 0.505 * value + noise);
  return {
    version,
    keys,
    graph: readVectorGraph(file, header),
    isSame(id, vector) {
      const stored = dequantise(planes, id, header);
      for (let j = 0; j < dim; j++) {
        if (near.length > 0) {
          if (!(Math.abs(vector[j] - stored[j]) <= near[j])) return false;
        } else {
          const offset = vector[j] - centre[j];
          if (Math.abs(offset) > noise && offset > 0 !== stored[j] > centre[j]) return false;
        }
      }
      return true;
    },
  };
}
