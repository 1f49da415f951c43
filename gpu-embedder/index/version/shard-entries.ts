import type { ShardEntry } from '../../../src/version/manifest.ts';
import { shardMemory, type VectorFileSize } from '../../../src/search/open/memory-budget.ts';
import type { BuiltVectorIndex, BuiltVectors, VectorPart } from './build-vector-index.ts';

/**
 * Describe the vectors and the memory of each shard.
 *
 * @param budget - memory of an isolate, bytes
 * @throws DiptychError index_too_large
 */
export function shardEntries({ image, caption }: BuiltVectors, budget: number): ShardEntry[] {
  return image.parts.map((part, i) => {
    const other = caption.parts[i];
    const memory = shardMemory(i, partSize(part), partSize(other), budget).total;
    return { image: part.range, caption: other.range, memory };
  });
}

/** Return the size of vectors in one part. */
export function vectorFileSize({ parts: [part] }: BuiltVectorIndex): VectorFileSize {
  return partSize(part);
}

function partSize({ file, range }: VectorPart): VectorFileSize {
  return { bytes: file.byteLength, count: range.count };
}
