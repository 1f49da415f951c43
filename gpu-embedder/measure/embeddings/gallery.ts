import type { PreparedDataset } from '../../data/prepared/read-dataset.ts';
import type { EmbeddingModel } from '../../embed/load-model.ts';
import { embedItems } from './embed-items.ts';
import { withProgress } from './with-progress.ts';

/** The part of a model that evaluation uses; ONNX files and edge weights both provide it. */
export type EvaluatedModel = Pick<
  EmbeddingModel,
  'id' | 'embedDim' | 'imageRule' | 'logitScale' | 'embedTexts' | 'embedPixels' | 'dispose'
>;

/** Some items of a data set with their embeddings; they serve as answers or as queries. */
export interface Gallery {
  readonly dataset: PreparedDataset;
  /** Ordinals. */
  readonly items: readonly number[];
  /** [items.length, dim], L2-normalised. */
  readonly embeddings: Float32Array;
  readonly dim: number;
}

/** Embed items and show progress on stderr. */
export async function embedGallery(
  model: EvaluatedModel,
  dataset: PreparedDataset,
  items: readonly number[],
): Promise<Gallery> {
  const embeddings = await withProgress('Encoding images', items.length, (update) =>
    embedItems(model, dataset, items, update),
  );
  return { dataset, items, embeddings, dim: model.embedDim };
}

/**
 * Select a part of a gallery.
 *
 * @param items - ordinals, all of them in the gallery
 */
export function subGallery(gallery: Gallery, items: readonly number[]): Gallery {
  const { dim, embeddings } = gallery;
  const rowOf = new Map(gallery.items.map((ordinal, row) => [ordinal, row]));
  const taken = new Float32Array(items.length * dim);
  for (const [to, ordinal] of items.entries()) {
    const from = rowOf.get(ordinal)!;
    taken.set(embeddings.subarray(from * dim, (from + 1) * dim), to * dim);
  }
  return { ...gallery, items, embeddings: taken };
}
