import type { PreparedDataset } from '../../data/prepared/read-dataset.ts';
import type { EmbeddingModel } from '../../embed/load-model.ts';
import { embedGallery, type Gallery } from '../embeddings/gallery.ts';
import type { SessionOptions } from '../../learn/onnx/session.ts';
import { readStoredGallery } from './stored-gallery.ts';

export interface Side {
  readonly dataset: PreparedDataset;
  /** Ordinals. */
  readonly items: readonly number[];
  /** Folder that `encode` wrote for the data set; without one, the items are embedded. */
  readonly stored?: string;
}

/**
 * Embed both sides with one model, which is only loaded if a side has no stored embeddings.
 *
 * @param model - folder or hub id of the model, and the model's hash
 */
export async function embedSides(
  model: { readonly dir: string; readonly hash: string },
  { pictures, captioned }: { readonly pictures: Side; readonly captioned: Side },
  options: SessionOptions,
): Promise<{ readonly pictures: Gallery; readonly captioned: Gallery }> {
  let loaded: EmbeddingModel | undefined;
  const embed = async ({ dataset, items, stored }: Side): Promise<Gallery> => {
    if (stored !== undefined) return readStoredGallery(stored, dataset, items, model.hash);
    const { loadModel } = await import('../../embed/load-model.ts');
    loaded ??= await loadModel(model.dir, options);
    return embedGallery(loaded, dataset, items);
  };
  try {
    return { pictures: await embed(pictures), captioned: await embed(captioned) };
  } finally {
    await loaded?.dispose();
  }
}
