import { DiptychError } from '../../src/errors.ts';
import { bestRank } from '../../src/metrics/best-rank.ts';
import { recallAtK } from '../../src/metrics/retrieval-recall.ts';
import type { PreparedDataset } from '../dataset/read-dataset.ts';
import type { EmbeddingModel } from '../encode/load-model.ts';
import { retrievalMetricNames, type Metrics } from './benchmark-result.ts';
import { chooseItems, sampleItems, type ItemChoice } from './choose-items.ts';
import { embedItems } from './embed-items.ts';
import { embedTexts } from './embed-texts.ts';
import { languagesOf, textsOf } from './item-texts.ts';
import { retrievalPairs, type RetrievalPairs } from './retrieval-pairs.ts';
import { scoreRows } from './score-rows.ts';
import { withProgress } from './with-progress.ts';
import { worstQueries, type WorstQuery } from './worst-queries.ts';

export interface RetrievalOptions extends ItemChoice {
  /** Languages of the texts, or all that the items have a name in; English by default. */
  readonly languages?: readonly string[] | 'all';
  /** K of the recalls. */
  readonly ks: readonly number[];
  /** Images of the gallery, drawn alike each time; all by default. */
  readonly limit?: number;
  /** Number of queries to tell of, those whose image came last. */
  readonly worst?: number;
  readonly threads?: number;
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
 * @returns a result of each language
 * @throws DiptychError `not_prepared`, `invalid_option`
 */
export async function evaluateRetrieval(
  model: EmbeddingModel,
  dataset: PreparedDataset,
  options: RetrievalOptions,
): Promise<LanguageResult[]> {
  const chosen = chooseItems(dataset, options);
  const languages = chooseLanguages(dataset, chosen, options.languages);
  const items = sampleItems(withText(dataset, chosen, languages), options.limit);
  const images = await withProgress('Encoding images', items.length, (update) =>
    embedItems(model, dataset, items, update),
  );
  const rowOf = new Map(items.map((ordinal, row) => [ordinal, row]));
  const results: LanguageResult[] = [];
  for (const language of languages) {
    const pairs = retrievalPairs(dataset, items, language);
    const rows = pairs.items.map((ordinal) => rowOf.get(ordinal)!);
    const gallery = takeRows(images, rows, model.embedDim);
    const measured = await evaluateLanguage(model, pairs, gallery, language, options);
    results.push({ language, n: pairs.items.length, ...measured });
  }
  return results;
}

async function evaluateLanguage(
  model: EmbeddingModel,
  pairs: RetrievalPairs,
  images: Float32Array,
  language: string,
  { ks, threads, worst = 0 }: RetrievalOptions,
): Promise<Pick<LanguageResult, 'metrics' | 'worst'>> {
  const texts = await withProgress(`Encoding texts (${language})`, pairs.texts.length, (update) =>
    embedTexts(model, pairs.texts, update),
  );
  const dim = model.embedDim;
  const imageRanks: number[] = [];
  await scoreRows(texts, images, dim, threads, (text, scores) => {
    imageRanks[text] = bestRank(scores, pairs.imagesOfText[text]);
  });
  const textRanks: number[] = [];
  await scoreRows(images, texts, dim, threads, (image, scores) => {
    textRanks[image] = bestRank(scores, pairs.textsOfImage[image]);
  });
  const recalls = [...recallAtK(imageRanks, ks), ...recallAtK(textRanks, ks)];
  return {
    metrics: Object.fromEntries(retrievalMetricNames(ks).map((name, i) => [name, recalls[i]])),
    worst: worstQueries({ pairs, language, ranks: imageRanks, texts, images, dim }, worst),
  };
}

function chooseLanguages(
  dataset: PreparedDataset,
  items: readonly number[],
  asked: RetrievalOptions['languages'] = ['en'],
): readonly string[] {
  const known = languagesOf(dataset, items);
  if (asked === 'all') return known;
  const unknown = asked.filter((language) => !known.includes(language));
  if (unknown.length === 0) return [...new Set(asked)];
  const reason =
    known.length === 1
      ? 'its texts are in one language, which counts as en'
      : `its languages: ${known.join(', ')}`;
  throw new DiptychError(
    'invalid_option',
    `--languages ${unknown.join(',')}: ${dataset.dir} has no names in it; ${reason}`,
  );
}

/** @throws DiptychError `not_prepared` when no item has a text */
function withText(
  dataset: PreparedDataset,
  items: readonly number[],
  languages: readonly string[],
): readonly number[] {
  const found = items.filter((ordinal) =>
    languages.some((language) => textsOf(dataset, dataset.items[ordinal], language).length > 0),
  );
  if (found.length > 0) return found;
  throw new DiptychError(
    'not_prepared',
    `${dataset.dir}: none of its ${items.length} images has a text to look for; prepare it with captions`,
  );
}

function takeRows(rows: Float32Array, chosen: readonly number[], dim: number): Float32Array {
  const taken = new Float32Array(chosen.length * dim);
  for (const [to, from] of chosen.entries()) {
    taken.set(rows.subarray(from * dim, (from + 1) * dim), to * dim);
  }
  return taken;
}
