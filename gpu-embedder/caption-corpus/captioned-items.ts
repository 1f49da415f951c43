import { normaliseText } from '../../src/search/keywords/keyword-tokens.ts';
import type { Item } from '../dataset/prepared.ts';
import type { PreparedDataset } from '../dataset/read-dataset.ts';

/** Tell whether somebody said what an item shows: a title alone may be the name of a file. */
export function isCaptioned(dataset: PreparedDataset, item: Item): boolean {
  const concept = dataset.concepts.get(item.concept ?? '');
  return item.captions.length > 0 || item.tags.length > 0 || (concept?.names.length ?? 0) > 0;
}

/** Texts by their normal form, in which those that differ in case and punctuation are one. */
export type Texts = ReadonlyMap<string, string>;

/** List the English texts that a captioned item hands on, the most telling first. */
export function textsToHandOn(dataset: PreparedDataset, item: Item): Texts {
  const { names = [], keywords = [] } = dataset.concepts.get(item.concept ?? '') ?? {};
  const texts = new Map<string, string>();
  for (const text of [...names, item.title, ...item.captions, ...item.tags, ...keywords]) {
    const normal = normaliseText(text);
    if (normal !== '' && !texts.has(normal)) texts.set(normal, text);
  }
  return texts;
}
