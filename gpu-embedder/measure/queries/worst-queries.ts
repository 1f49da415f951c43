import { createExactSearch } from '../../index/version/exact-search.ts';
import type { RetrievalPairs } from './retrieval-pairs.ts';

/** A text whose image was ranked low, and the images that were ranked first. */
export interface WorstQuery {
  readonly text: string;
  readonly language: string;
  /** Rank of the first right image, from 1. */
  readonly rank: number;
  /** Ordinal of that image's item. */
  readonly item: number;
  /** Best first. */
  readonly nearest: readonly {
    readonly item: number;
    readonly score: number;
    readonly right: boolean;
  }[];
}

interface RankedTexts {
  readonly pairs: RetrievalPairs;
  readonly language: string;
  /** Number of wrong images before the best right one of each text. */
  readonly ranks: readonly number[];
  /** [texts, dim] */
  readonly texts: Float32Array;
  /** [images, dim] */
  readonly images: Float32Array;
  readonly dim: number;
}

const nearestCount = 5;

/** Choose the texts whose images were ranked lowest, each distinct text once, worst first. */
export function worstQueries(ranked: RankedTexts, count: number): WorstQuery[] {
  if (count === 0) return [];
  const { pairs, language, ranks, texts, images, dim } = ranked;
  const search = createExactSearch(images, dim);
  const ordered = [...ranks.keys()].sort((a, b) => ranks[b] - ranks[a] || a - b);
  const distinct = new Map<string, number>();
  for (const text of ordered) {
    if (distinct.size === count) break;
    if (!distinct.has(pairs.texts[text])) distinct.set(pairs.texts[text], text);
  }
  const row = (rows: Float32Array, i: number) => rows.subarray(i * dim, (i + 1) * dim);
  return [...distinct.values()].map((text) => {
    const query = row(texts, text);
    const score = (image: number) =>
      row(images, image).reduce((sum, x, j) => sum + x * query[j], 0);
    const answers = pairs.imagesOfText[text];
    const best = answers.reduce((a, b) => (score(b) > score(a) ? b : a));
    return {
      text: pairs.texts[text],
      language,
      rank: ranks[text] + 1,
      item: pairs.items[best],
      nearest: [...search(query, nearestCount)].map((image) => ({
        item: pairs.items[image],
        score: score(image),
        right: answers.includes(image),
      })),
    };
  });
}
