import { flawOfRow } from '../../../src/embedder/flaw-of-row.ts';
import { DiptychError } from '../../../src/errors.ts';
import type { EmbeddingModel } from '../../embed/load-model.ts';

const batchSize = 256;

/**
 * Embed texts, each distinct text once; texts of similar length share a batch to save padding.
 *
 * @param onProgress - called with the number of embedded texts
 * @returns [texts.length, embedDim], L2-normalised
 * @throws DiptychError `no_embedding`, with the text
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
    for (const [i, text] of batch.entries()) {
      const row = embedded.subarray(i * dim, (i + 1) * dim);
      // A text without a known word has zeros, which score 0. NaN would spoil every score.
      if (flawOfRow(row) === 'NaN') {
        throw new DiptychError('no_embedding', `${JSON.stringify(text)}: the model answered NaN`);
      }
      rows.set(text, row);
    }
    onProgress(Math.floor(((first + batch.length) / distinct.length) * texts.length));
  }
  const embeddings = new Float32Array(texts.length * dim);
  for (const [i, text] of texts.entries()) embeddings.set(rows.get(text)!, i * dim);
  return embeddings;
}
