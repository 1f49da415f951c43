import type { PreparedDataset } from '../dataset/read-dataset.ts';
import type { EmbeddingModel } from '../encode/load-model.ts';
import { embedItems } from '../evaluate/embed-items.ts';
import { withProgress } from '../evaluate/with-progress.ts';
import type { SessionOptions } from '../onnx/session.ts';
import { readStoredRows } from './stored-rows.ts';
import type { EmbeddedItems } from './suggest-captions.ts';

export interface Side {
  readonly dataset: PreparedDataset;
  /** Ordinals. */
  readonly items: readonly number[];
  /** Folder that `encode` wrote for the data set; without it the items are embedded. */
  readonly stored?: string;
}

/**
 * Embed both sides with one model, which is loaded only where it is needed.
 *
 * @param model - folder or hub id, and its hash
 */
export async function embedSides(
  model: { readonly dir: string; readonly hash: string },
  { pictures, captioned }: { readonly pictures: Side; readonly captioned: Side },
  options: SessionOptions,
): Promise<{ readonly pictures: EmbeddedItems; readonly captioned: EmbeddedItems }> {
  let loaded: EmbeddingModel | undefined;
  const embed = async (label: string, { dataset, items, stored }: Side): Promise<EmbeddedItems> => {
    if (stored !== undefined) {
      const embeddings = await readStoredRows(stored, dataset, items, model.hash);
      return { dataset, items, embeddings };
    }
    const { loadModel } = await import('../encode/load-model.ts');
    const tower = (loaded ??= await loadModel(model.dir, options));
    const embeddings = await withProgress(label, items.length, (update) =>
      embedItems(tower, dataset, items, update),
    );
    return { dataset, items, embeddings };
  };
  try {
    return {
      pictures: await embed('embed pictures', pictures),
      captioned: await embed('embed captioned pictures', captioned),
    };
  } finally {
    await loaded?.dispose();
  }
}
