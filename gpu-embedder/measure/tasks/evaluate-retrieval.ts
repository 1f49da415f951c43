import { DiptychError } from '../../../src/errors.ts';
import { recallAtK } from '../../../src/metrics/retrieval-recall.ts';
import type { PreparedDataset } from '../../data/prepared/read-dataset.ts';
import { retrievalMetricNames, toMetrics, type Metrics } from '../results/benchmark-result.ts';
import { chooseItems, sampleItems, type ItemChoice } from '../embeddings/choose-items.ts';
import { chooseLanguages } from '../queries/choose-languages.ts';
import { embedTexts } from '../embeddings/embed-texts.ts';
import {
  embedGallery,
  subGallery,
  type EvaluatedModel,
  type Gallery,
} from '../embeddings/gallery.ts';
import { itemTexts } from '../queries/item-texts.ts';
import { queryRanks } from '../queries/query-ranks.ts';
import { retrievalPairs } from '../queries/retrieval-pairs.ts';
import { withProgress } from '../embeddings/with-progress.ts';
import { worstQueries, type WorstQuery } from '../queries/worst-queries.ts';

export interface RecallOptions {
  /** Values of K for recall@K. */
  readonly ks: readonly number[];
  readonly threads?: number;
}

export interface RetrievalOptions extends ItemChoice, RecallOptions {
  /** Languages of the texts, or every language in which items have a name; English by default. */
  readonly languages?: readonly string[] | 'all';
  /** Number of images in the gallery, always the same sample; all by default. */
  readonly limit?: number;
  /** Number of worst queries to return: those whose image was ranked lowest. */
  readonly worst?: number;
}

export interface LanguageResult {
  readonly language: string;
  /** Number of images. */
  readonly n: number;
  /** `image_retrieval_recall@K` (text -> image), `text_retrieval_recall@K`, 0 to 1. */
  readonly metrics: Metrics;
  /** Worst first. */
  readonly worst: readonly WorstQuery[];
}

/**
 * Measure how well a model finds images by text and texts by image, from pixels and texts alone.
 *
 * @returns one result a language
 * @throws DiptychError `not_prepared`, `invalid_option`
 */
export async function evaluateRetrieval(
  model: EvaluatedModel,
  dataset: PreparedDataset,
  options: RetrievalOptions,
): Promise<LanguageResult[]> {
  const { items, languages } = chooseTexts(dataset, options);
  const gallery = await embedGallery(model, dataset, items);
  const results: LanguageResult[] = [];
  for (const language of languages) {
    results.push(await measureRetrieval(model, gallery, language, options));
  }
  return results;
}

/** Measure one language on embedded images; images without a text are left out. */
export async function measureRetrieval(
  model: EvaluatedModel,
  { dataset, ...all }: Gallery,
  language: string,
  { ks, threads, worst = 0 }: RecallOptions & Pick<RetrievalOptions, 'worst'>,
): Promise<LanguageResult> {
  const pairs = retrievalPairs(dataset, all.items, language);
  const { embeddings: images, dim } = subGallery({ dataset, ...all }, pairs.items);
  const texts = await withProgress(`Encoding texts (${language})`, pairs.texts.length, (update) =>
    embedTexts(model, pairs.texts, update),
  );
  const [ranks, textRanks] = [
    await queryRanks({
      queries: texts,
      gallery: images,
      dim,
      answers: pairs.imagesOfText,
      threads,
    }),
    await queryRanks({
      queries: images,
      gallery: texts,
      dim,
      answers: pairs.textsOfImage,
      threads,
    }),
  ];
  const recalls = [...recallAtK(ranks, ks), ...recallAtK(textRanks, ks)];
  return {
    language,
    n: pairs.items.length,
    metrics: toMetrics(retrievalMetricNames(ks), recalls),
    worst: worstQueries({ pairs, language, ranks, texts, images, dim }, worst),
  };
}

/**
 * Choose languages and the items with a text in one of them.
 *
 * @throws DiptychError `not_prepared` when no item has a text
 */
export function chooseTexts(
  dataset: PreparedDataset,
  options: ItemChoice & Pick<RetrievalOptions, 'languages' | 'limit'>,
): { readonly items: readonly number[]; readonly languages: readonly string[] } {
  const chosen = chooseItems(dataset, options);
  const languages = chooseLanguages(dataset, chosen, options.languages);
  const found = chosen.filter((ordinal) =>
    languages.some((language) => itemTexts(dataset, dataset.items[ordinal], language).length > 0),
  );
  if (found.length > 0) return { items: sampleItems(found, options.limit), languages };
  throw new DiptychError(
    'not_prepared',
    `${dataset.dir}: none of its ${chosen.length} images has a text to search by; prepare it with captions`,
  );
}
