import { normaliseText } from '../../../src/search/keywords/keyword-tokens.ts';
import type { Item } from '../../data/prepared/prepared.ts';
import type { PreparedDataset } from '../../data/prepared/read-dataset.ts';

/** Tell whether an item has a description. A title does not count: it may be the name of a file. */
export function isCaptioned(dataset: PreparedDataset, item: Item): boolean {
  const concept = dataset.concepts.get(item.concept ?? '');
  return item.captions.length > 0 || item.tags.length > 0 || (concept?.names.length ?? 0) > 0;
}

/** Texts by their normal form: texts that differ only in case and punctuation are the same. */
export type Texts = ReadonlyMap<string, string>;

/** List the English texts that describe a captioned item, the best ones first. */
export function describingTexts(dataset: PreparedDataset, item: Item): Texts {
  const { names = [], keywords = [] } = dataset.concepts.get(item.concept ?? '') ?? {};
  const texts = new Map<string, string>();
  for (const text of [...names, item.title, ...item.captions, ...item.tags, ...keywords]) {
    const normal = normaliseText(text);
    if (normal !== '' && !texts.has(normal)) texts.set(normal, text);
  }
  return texts;
}
