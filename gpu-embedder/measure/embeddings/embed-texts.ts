import type { EmbeddingModel } from '../../embed/load-model.ts';

const batchSize = 256;

/**
 * Embed texts, each distinct text once; texts of similar length share a batch to save padding.
 *
 * @param onProgress - called with the number of embedded texts
 * @returns [texts.length, embedDim], L2-normalised
 */
export async function embedTexts(
  model: Pick<EmbeddingModel, 'embedDim' | 'embedTexts'>,
  texts: readonly string[],
  onProgress: (done: number) => void = () => {},
): Promise<Float32Array> {
  const dim = model.embedDim;
  const distinct = [...new Set(texts)].sort((a, b) => a.length - b.length);
  const rows = new Map<string, Float32Array>();
  for (let first = 0; first < distinct.length; first += batchSize) {
    const batch = distinct.slice(first, first + batchSize);
    const embedded = await model.embedTexts(batch);
    for (const [i, text] of batch.entries())
      rows.set(text, embedded.subarray(i * dim, (i + 1) * dim));
    onProgress(Math.floor(((first + batch.length) / distinct.length) * texts.length));
  }
  const embeddings = new Float32Array(texts.length * dim);
  for (const [i, text] of texts.entries()) embeddings.set(rows.get(text)!, i * dim);
  return embeddings;
}
