import type { PreparedDataset } from '../../data/prepared/read-dataset.ts';
import { itemTexts } from './item-texts.ts';

/** Images, texts, and which of them belong together. */
export interface RetrievalPairs {
  /** Ordinals of the data set's items: the gallery of images. */
  readonly items: readonly number[];
  readonly texts: readonly string[];
  /** Positions in `items` that answer each text. */
  readonly imagesOfText: readonly (readonly number[])[];
  /** Positions in `texts` that describe each image. */
  readonly textsOfImage: readonly (readonly number[])[];
}

/**
 * Pair images with texts. Every image of a concept answers every name of the concept; any other
 * image answers only its own captions. Items without a text are left out.
 *
 * @param candidates - ordinals
 */
export function retrievalPairs(
  dataset: PreparedDataset,
  candidates: readonly number[],
  language = 'en',
): RetrievalPairs {
  const items: number[] = [];
  const texts: string[] = [];
  const owner: number[] = [];
  const kind: string[] = [];
  for (const ordinal of candidates) {
    const item = dataset.items[ordinal];
    const own = itemTexts(dataset, item, language);
    if (own.length === 0) continue;
    for (const text of own) {
      texts.push(text);
      owner.push(items.length);
    }
    items.push(ordinal);
    kind.push(item.concept === undefined ? `item ${ordinal}` : `concept ${item.concept}`);
  }
  const imagesOfKind = grouped(kind);
  const textsOfKind = grouped(owner.map((image) => kind[image]));
  return {
    items,
    texts,
    imagesOfText: owner.map((image) => imagesOfKind.get(kind[image]) ?? []),
    textsOfImage: kind.map((of) => textsOfKind.get(of) ?? []),
  };
}

function grouped(keys: readonly string[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const [position, key] of keys.entries()) {
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [position]);
    else group.push(position);
  }
  return groups;
}
