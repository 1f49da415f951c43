import { DiptychError } from '../../../src/errors.ts';
import { recallAtK } from '../../../src/metrics/retrieval-recall.ts';
import type { PreparedDataset } from '../../data/prepared/read-dataset.ts';
import { keywordMetricNames, toMetrics } from '../results/benchmark-result.ts';
import { chooseItems, sampleItems } from '../embeddings/choose-items.ts';
import { chooseLanguages } from '../queries/choose-languages.ts';
import { embedTexts } from '../embeddings/embed-texts.ts';
import type { QueryResult } from './evaluate-misspelt.ts';
import type { RecallOptions, RetrievalOptions } from './evaluate-retrieval.ts';
import { embedGallery, type EvaluatedModel, type Gallery } from '../embeddings/gallery.ts';
import { keywordQueriesOf } from '../queries/keyword-queries.ts';
import { queryRanks } from '../queries/query-ranks.ts';
import { withProgress } from '../embeddings/with-progress.ts';

const seed = 1;

/**
 * Measure how well emoji are found by a keyword instead of their name. Each image gives one query;
 * every image whose emoji has that keyword in CLDR is a right answer.
 *
 * @returns one result a language
 * @throws DiptychError `not_prepared` when CLDR annotates none of the images; `invalid_option`
 */
export async function evaluateKeywords(
  model: EvaluatedModel,
  dataset: PreparedDataset,
  options: Omit<RetrievalOptions, 'worst'>,
): Promise<QueryResult[]> {
  const items = sampleItems(chooseItems(dataset, options), options.limit);
  const languages = chooseLanguages(dataset, items, options.languages);
  // This fails on a language without keywords before the gallery is embedded, which takes minutes.
  for (const language of languages) queriesOf(dataset, items, language);
  const gallery = await embedGallery(model, dataset, items);
  const results: QueryResult[] = [];
  for (const language of languages) {
    results.push(await measureKeywords(model, gallery, language, options));
  }
  return results;
}

/** Measure one language on embedded images. */
export async function measureKeywords(
  model: EvaluatedModel,
  { dataset, items, embeddings, dim }: Gallery,
  language: string,
  { ks, threads }: RecallOptions,
): Promise<QueryResult> {
  const queries = queriesOf(dataset, items, language);
  const texts = queries.map(({ text }) => text);
  const embedded = await withProgress(`Encoding keywords (${language})`, texts.length, (update) =>
    embedTexts(model, texts, update),
  );
  const concepts = items.map((ordinal) => dataset.items[ordinal].concept ?? '');
  const answers = queries.map((query) =>
    concepts.flatMap((concept, row) => (query.concepts.has(concept) ? [row] : [])),
  );
  const search = { queries: embedded, gallery: embeddings, dim, answers, threads };
  const recalls = recallAtK(await queryRanks(search), ks);
  return {
    language,
    n: items.length,
    queries: queries.length,
    metrics: toMetrics(keywordMetricNames(ks), recalls),
  };
}

function queriesOf(dataset: PreparedDataset, items: readonly number[], language: string) {
  const queries = keywordQueriesOf(dataset, items, language, seed);
  if (queries.length > 0) return queries;
  throw new DiptychError(
    'not_prepared',
    `${dataset.dir}: CLDR has keywords (${language}) for none of its ${items.length} images; expected emoji`,
  );
}
