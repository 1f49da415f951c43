/** Mean direction of embeddings. @returns [embedDim], L2-normalised */
export function meanEmbedding(embeddings: readonly Float32Array[]): Float32Array {
  if (embeddings.length === 1) return embeddings[0];
  const sum = new Float32Array(embeddings[0].length);
  for (const embedding of embeddings) for (let j = 0; j < sum.length; j++) sum[j] += embedding[j];
  const norm = Math.hypot(...sum) || 1;
  return sum.map((value) => value / norm);
}
