import type { Item } from '../../data/prepared/prepared.ts';
import type { PreparedDataset } from '../../data/prepared/read-dataset.ts';

/**
 * List the texts that should find an item. A pictogram has one: the first name of its concept in
 * the language, or in English an icon's title. Any other image has its own captions.
 */
export function itemTexts(
  dataset: PreparedDataset,
  item: Item,
  language: string,
): readonly string[] {
  if (dataset.manifest.kind !== 'pictograms') return item.captions;
  if (item.concept === undefined) return [];
  if (language === 'en' && item.concept.startsWith('icon:')) {
    return item.title === '' ? [] : [item.title];
  }
  const concept = dataset.concepts.get(item.concept);
  const words = language === 'en' ? concept : concept?.languages[language];
  return words?.names.slice(0, 1) ?? [];
}

/** List the languages in which at least one of the items has a name, English first. */
export function languagesOf(dataset: PreparedDataset, items: readonly number[]): string[] {
  const found = new Set(['en']);
  for (const ordinal of items) {
    const { concept } = dataset.items[ordinal];
    const languages = dataset.concepts.get(concept ?? '')?.languages ?? {};
    for (const [language, { names }] of Object.entries(languages)) {
      if (names.length > 0) found.add(language);
    }
  }
  return [...found];
}
