import { DiptychError } from '../../../src/errors.ts';
import type { PreparedDataset } from '../../data/prepared/read-dataset.ts';
import { subGallery, type Gallery } from '../embeddings/gallery.ts';
import { encodedItems, readEmbeddings } from '../../embed/read-embeddings.ts';

/**
 * Read the embeddings of some items from a folder that `encode` wrote, without those that have none.
 *
 * @param items - ordinals
 * @param model - hash of the expected model
 * @throws DiptychError `model_mismatch`; `not_prepared` for embeddings of another data set
 */
export async function readStoredGallery(
  dir: string,
  prepared: PreparedDataset,
  items: readonly number[],
  model: string,
): Promise<Gallery> {
  const { manifest } = prepared;
  const stored = await readEmbeddings(dir);
  const { image, model: encoded, dataset } = stored;
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
  const all = encodedItems(stored, prepared.items);
  const whole = { dataset: prepared, items: all, embeddings: image, dim: encoded.embedDim };
  const known = new Set(all);
  return subGallery(
    whole,
    items.filter((item) => known.has(item)),
  );
}
