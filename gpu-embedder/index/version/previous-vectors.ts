import { readVectorGraph } from '../../../src/version/read-vector-graph.ts';
import type { VectorFileHeader } from '../../../src/version/format.ts';
import { openPlanes, type FilePlanes } from '../../../src/hnsw/file-planes.ts';
import type { HnswGraph } from '../../../src/version/graph.ts';
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
  const file = new Uint8Array(bytes);
  const planes = openPlanes({ buffer: file.buffer }, header, 0);
  return {
    version,
    keys,
    graph: readVectorGraph(file, header),
    isSame: planes.scales.length > 0 ? compareValues(planes, header) : compareSigns(planes, header),
  };
}

function compareValues(planes: FilePlanes, { dim, stride }: VectorFileHeader) {
  const { scales, vectors, residualScales, residuals } = planes;
  const exact = residualScales.length > 0;
  const near = Float32Array.from(exact ? residualScales : scales, (step) => 0.505 * step + noise);
  return (id: number, vector: Float32Array): boolean => {
    for (let j = 0, at = id * stride; j < dim; j++, at++) {
      let rest = vector[j] - vectors[at] * scales[j];
      if (exact) rest -= residuals[at] * residualScales[j];
      if (!(Math.abs(rest) <= near[j])) return false;
    }
    return true;
  };
}

function compareSigns({ centre, codes }: FilePlanes, { dim, codeStride }: VectorFileHeader) {
  return (id: number, vector: Float32Array): boolean => {
    for (let j = 0; j < dim; j++) {
      const bit = (codes[id * codeStride + (j >> 3)] >> (j & 7)) & 1;
      const offset = vector[j] - centre[j];
      if (Math.abs(offset) > noise && offset > 0 !== (bit === 1)) return false;
    }
    return true;
  };
}
