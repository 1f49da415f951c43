import { DiptychError } from '../../../src/errors.ts';
import { recallAtK } from '../../../src/metrics/retrieval-recall.ts';
import type { PreparedDataset } from '../../data/prepared/read-dataset.ts';
import { imageRetrievalMetricNames, toMetrics, type Metrics } from '../results/benchmark-result.ts';
import { chooseItems, sampleItems, type ItemChoice } from '../embeddings/choose-items.ts';
import type { RecallOptions } from './evaluate-retrieval.ts';
import {
  embedGallery,
  subGallery,
  type EvaluatedModel,
  type Gallery,
} from '../embeddings/gallery.ts';
import { queryRanks } from '../queries/query-ranks.ts';

export interface ImageRetrievalOptions extends ItemChoice, RecallOptions {
  /** The images that serve as queries. */
  readonly queries: { readonly dataset: PreparedDataset; readonly set: string };
  /** Number of images in the gallery, always the same sample; all by default. */
  readonly limit?: number;
}

export interface ImageRetrievalResult {
  /** Number of images in the gallery. */
  readonly n: number;
  readonly queries: number;
  /** `image_to_image_recall@K`, 0 to 1. */
  readonly metrics: Metrics;
}

/**
 * Measure how well images of one set find those of the same concept in another. An image whose
 * concept is not in the gallery is no query.
 *
 * @throws DiptychError `not_prepared` when the two have no concept in common
 */
export async function evaluateImageRetrieval(
  model: EvaluatedModel,
  dataset: PreparedDataset,
  options: ImageRetrievalOptions,
): Promise<ImageRetrievalResult> {
  const { dataset: source, set } = options.queries;
  const others = chooseItems(dataset, options).filter(
    (ordinal) => dataset !== source || dataset.items[ordinal].set !== set,
  );
  const items = sampleItems(others, options.limit);
  const wanted = conceptsOf(dataset, items);
  const asked = chooseItems(source, { set }).filter((ordinal) =>
    wanted.has(source.items[ordinal].concept ?? ''),
  );
  if (asked.length === 0) {
    throw new DiptychError(
      'not_prepared',
      `--queries ${set}: expected images of concepts that the ${items.length} images of the gallery show, got none`,
    );
  }
  const gallery = await embedGallery(model, dataset, items);
  return measureImageRetrieval(await embedGallery(model, source, asked), gallery, options);
}

/** Measure on embedded images. */
export async function measureImageRetrieval(
  source: Gallery,
  gallery: Gallery,
  { ks, threads }: RecallOptions,
): Promise<ImageRetrievalResult> {
  const wanted = conceptsOf(gallery.dataset, gallery.items);
  const conceptOf = (ordinal: number) => source.dataset.items[ordinal].concept ?? '';
  const asked = source.items.filter((ordinal) => wanted.has(conceptOf(ordinal)));
  const ranks = await queryRanks({
    queries: subGallery(source, asked).embeddings,
    gallery: gallery.embeddings,
    dim: gallery.dim,
    answers: asked.map((ordinal) => wanted.get(conceptOf(ordinal))!),
    threads,
  });
  const recalls = recallAtK(ranks, ks);
  return {
    n: gallery.items.length,
    queries: asked.length,
    metrics: toMetrics(imageRetrievalMetricNames(ks), recalls),
  };
}

/** @returns the rows of each concept */
function conceptsOf(
  dataset: PreparedDataset,
  items: readonly number[],
): ReadonlyMap<string, readonly number[]> {
  const rows = new Map<string, number[]>();
  for (const [row, ordinal] of items.entries()) {
    const { concept } = dataset.items[ordinal];
    if (concept !== undefined) rows.set(concept, [...(rows.get(concept) ?? []), row]);
  }
  return rows;
}
