import { DiptychError } from '../../../src/errors.ts';
import { recallAtK } from '../../../src/metrics/retrieval-recall.ts';
import type { PreparedDataset } from '../../data/prepared/read-dataset.ts';
import { createRandom } from '../../common/random.ts';
import { misspeltMetricNames, toMetrics, type Metrics } from '../results/benchmark-result.ts';
import { embedTexts } from '../embeddings/embed-texts.ts';
import { chooseTexts, type RecallOptions, type RetrievalOptions } from './evaluate-retrieval.ts';
import {
  embedGallery,
  subGallery,
  type EvaluatedModel,
  type Gallery,
} from '../embeddings/gallery.ts';
import { misspell } from '../queries/misspell.ts';
import { queryRanks } from '../queries/query-ranks.ts';
import { retrievalPairs } from '../queries/retrieval-pairs.ts';

export interface QueryResult {
  readonly language: string;
  /** Number of images. */
  readonly n: number;
  readonly queries: number;
  /** Recalls, 0 to 1. */
  readonly metrics: Metrics;
}

const seed = 1;

/**
 * Measure text to image retrieval with one typing error in each text, and with the correct texts.
 *
 * @returns one result a language
 * @throws DiptychError `not_prepared` when no text has a word of four letters; `invalid_option`
 */
export async function evaluateMisspelt(
  model: EvaluatedModel,
  dataset: PreparedDataset,
  options: Omit<RetrievalOptions, 'worst'>,
): Promise<QueryResult[]> {
  const { items, languages } = chooseTexts(dataset, options);
  const gallery = await embedGallery(model, dataset, items);
  const results: QueryResult[] = [];
  for (const language of languages) {
    results.push(await measureMisspelt(model, gallery, language, options));
  }
  return results;
}

/** Measure one language on embedded images; texts that have only short words are left out. */
export async function measureMisspelt(
  model: EvaluatedModel,
  gallery: Gallery,
  language: string,
  { ks, threads }: RecallOptions,
): Promise<QueryResult> {
  const pairs = retrievalPairs(gallery.dataset, gallery.items, language);
  const { embeddings, dim } = subGallery(gallery, pairs.items);
  const random = createRandom(seed);
  const queries = pairs.texts.flatMap((text, i) => {
    const typed = misspell(text, random);
    return typed === null ? [] : [{ text, typed, answers: pairs.imagesOfText[i] }];
  });
  if (queries.length === 0) {
    throw new DiptychError(
      'not_prepared',
      `${gallery.dataset.dir}: --typos: none of its ${pairs.texts.length} texts (${language}) has a word of four letters`,
    );
  }
  const recalls = async (texts: readonly string[]): Promise<number[]> => {
    const embedded = await embedTexts(model, texts);
    const answers = queries.map((query) => query.answers);
    const search = { queries: embedded, gallery: embeddings, dim, answers, threads };
    return recallAtK(await queryRanks(search), ks);
  };
  const values = [
    ...(await recalls(queries.map(({ text }) => text))),
    ...(await recalls(queries.map(({ typed }) => typed))),
  ];
  return {
    language,
    n: pairs.items.length,
    queries: queries.length,
    metrics: toMetrics(misspeltMetricNames(ks), values),
  };
}
