import { weightsFormat } from '../encoder/weights-format.ts';

/** Whose vectors a file holds. */
export type VectorKind = 'image' | 'caption';

/** Keys of the store; `publish` writes them and the edge reads them. */
export const collectionsPrefix = 'collections/';

export function activeKey(collection: string): string {
  return `${collectionsPrefix}${collection}/active.json`;
}

export function versionKey(collection: string, version: string, file: string): string {
  return `${collectionsPrefix}${collection}/${version}/${file}`;
}

/** Vectors of a version, in `manifest.files`: of all items or captions, or of a shard of them. */
export function vectorFile(kind: VectorKind, shard?: number): string {
  return shard === undefined ? `${kind}.bin` : `shards/${shard}/${kind}.bin`;
}

/** Vectors of a version that go into Vectorize: [count, embedDim] float32, little-endian. */
export function plainVectorFile(kind: VectorKind): string {
  return `${kind}.f32`;
}

/** The same model in another weights format is another object: each edge finds the one it reads. */
export function modelKey(hash: string, file: string): string {
  return `models/${hash}/v${weightsFormat.version}/${file}`;
}
