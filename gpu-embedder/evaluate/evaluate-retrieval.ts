import { retrievalRecallAtK } from '../../src/metrics/retrieval-recall.ts';
import type { PreparedDataset } from '../dataset/read-dataset.ts';
import type { EmbeddingModel } from '../encode/load-model.ts';
import { progressBar } from '../progress.ts';
import { embedItems } from './embed-items.ts';
import { retrievalPairs, type ItemChoice } from './retrieval-pairs.ts';

const ks = [1, 5, 10] as const;

export interface RetrievalResult {
  /** Number of images. */
  readonly n: number;
  /** `image_retrieval_recall@K` (text -> image), `text_retrieval_recall@K`, 0 to 1. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Measure how well a model finds images by text and texts by image, from pixels and texts alone. */
export async function evaluateRetrieval(
  model: EmbeddingModel,
  dataset: PreparedDataset,
  choice: ItemChoice,
): Promise<RetrievalResult> {
  const { items, texts, imagesOfText, textsOfImage } = retrievalPairs(dataset, choice);
  const progress = progressBar('Encoding', items.length);
  let images: Float32Array;
  try {
    images = await embedItems(model, dataset, items, (done) => progress.update(done));
  } finally {
    progress.stop();
  }
  const captions = await model.embedTexts(texts);
  const dim = model.embedDim;
  const toImage = retrievalRecallAtK(
    { queries: captions, gallery: images, dim, relevant: (text) => imagesOfText[text] },
    ks,
  );
  const toText = retrievalRecallAtK(
    { queries: images, gallery: captions, dim, relevant: (image) => textsOfImage[image] },
    ks,
  );
  return {
    n: items.length,
    metrics: Object.fromEntries([
      ...ks.map((k, i) => [`image_retrieval_recall@${k}`, toImage[i]] as const),
      ...ks.map((k, i) => [`text_retrieval_recall@${k}`, toText[i]] as const),
    ]),
  };
}
