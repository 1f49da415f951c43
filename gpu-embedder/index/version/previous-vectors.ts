import { readVectorGraph } from '../../../src/version/read-vector-graph.ts';
import type { VectorFileHeader } from '../../../src/version/format.ts';
import { openPlanes, type FilePlanes } from '../../../src/hnsw/file-planes.ts';
import type { HnswGraph } from '../../../src/version/graph.ts';
import { openSearcher } from './open-searcher.ts';

/** Vectors of an earlier version, each with a key: the id of an item or the text of a caption. */
export interface PreviousVectors {
  /** Id of that version. */
  readonly version: string;
  readonly graph: HnswGraph;
  /** [graph.count] */
  readonly keys: readonly string[];
  /** Tell whether node `id` may have been made from `vector`. */
  isSame(id: number, vector: Float32Array): boolean;
}

/** Largest change of a value when the same picture is encoded again, with sums in another order. */
const noise = 1e-5;

/**
 * Open a vector file to make the next one from it.
 *
 * The file holds quantised vectors. A vector counts as the same if it could give the stored one:
 * within half a step in every dimension, or with the same signs if the file holds signs alone. A
 * vector that changed by less keeps its links, which does no harm; its new value is stored.
 *
 * @throws DiptychError index_unreadable
 */
export function openPreviousVectors(
  version: string,
  bytes: Uint8Array,
  { name, dim, keys }: { name: string; dim: number; keys: readonly string[] },
): PreviousVectors {
  const { header } = openSearcher(bytes, { name, dim });
  // Views of 32-bit numbers need the file at the start of a buffer.
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
