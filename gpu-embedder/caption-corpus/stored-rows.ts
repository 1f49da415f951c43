import { DiptychError } from '../../src/errors.ts';
import type { PreparedDataset } from '../dataset/read-dataset.ts';
import { readEmbeddings } from '../index/read-embeddings.ts';

/**
 * Take the embeddings of some items from what `encode` wrote.
 *
 * @param items - ordinals
 * @param model - hash of the model that is asked for
 * @returns [items.length, embedDim], L2-normalised
 * @throws DiptychError `model_mismatch`; `not_prepared` where they are of another data set
 */
export async function readStoredRows(
  dir: string,
  { manifest }: PreparedDataset,
  items: readonly number[],
  model: string,
): Promise<Float32Array> {
  const { image, model: encoded, dataset } = await readEmbeddings(dir);
  if (encoded.hash !== model) {
    throw new DiptychError(
      'model_mismatch',
      `${dir}: expected embeddings of the model ${model}, got those of ${encoded.id} (${encoded.hash})`,
    );
  }
  if (dataset.fingerprint !== manifest.fingerprint) {
    throw new DiptychError(
      'not_prepared',
      `${dir}: expected embeddings of ${manifest.name} (fingerprint ${manifest.fingerprint}), got those of ${dataset.name} (${dataset.fingerprint}): run diptych encode again`,
    );
  }
  const dim = encoded.embedDim;
  const rows = new Float32Array(items.length * dim);
  for (const [i, item] of items.entries()) {
    rows.set(image.subarray(item * dim, (item + 1) * dim), i * dim);
  }
  return rows;
}
