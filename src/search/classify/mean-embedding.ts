/** Compute the mean direction of embeddings. @returns [embedDim], L2-normalised */
export function meanEmbedding(embeddings: readonly Float32Array[]): Float32Array {
  const [first] = embeddings;
  if (!first) throw new RangeError('mean: expected at least one embedding, got none');
  if (embeddings.length === 1) return first;
  const sum = new Float32Array(first.length);
  for (const embedding of embeddings) for (let j = 0; j < sum.length; j++) sum[j]! += embedding[j]!;
  const norm = Math.hypot(...sum) || 1;
  return sum.map((value) => value / norm);
}
