/** Bytes of many images one after the other; `pack` is the SHA-256 of the whole, in hex. */
export function imagePackKey(pack: string): string {
  return `images/${pack.slice(0, 2)}/${pack}.pack`;
}

/** Embeddings of a model: rows of float32, little-endian [n, embedDim]; `pack` likewise. */
export function embeddingPackKey(modelHash: string, pack: string): string {
  return `embeddings/${modelHash}/${pack}.f32`;
}
