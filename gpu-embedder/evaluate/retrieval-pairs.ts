import { DiptychError } from '../../src/errors.ts';
import type { Item } from '../dataset/prepared.ts';
import type { PreparedDataset } from '../dataset/read-dataset.ts';

/** What is searched for what, and which answers are right. */
export interface RetrievalPairs {
  /** Ordinals of the data set's items: the gallery of images. */
  readonly items: readonly number[];
  readonly texts: readonly string[];
  /** Positions in `items` that answer each text. */
  readonly imagesOfText: readonly (readonly number[])[];
  /** Positions in `texts` that describe each image. */
  readonly textsOfImage: readonly (readonly number[])[];
}

export interface ItemChoice {
  /** Only items of this set. */
  readonly set?: string;
  readonly split?: Item['split'];
}

/**
 * Pair images with texts.
 *
 * A pictogram has one text, its name; all images of a concept answer a name of it. Any other
 * image has its own captions. Items without a text are left out.
 *
 * @throws DiptychError `not_prepared` when no item is left
 */
export function retrievalPairs(dataset: PreparedDataset, choice: ItemChoice): RetrievalPairs {
  const textsOf = dataset.manifest.kind === 'pictograms' ? nameOf : captionsOf;
  const items: number[] = [];
  const texts: string[] = [];
  const owner: number[] = [];
  const kind: string[] = [];
  for (const [ordinal, item] of dataset.items.entries()) {
    if (choice.set !== undefined && item.set !== choice.set) continue;
    if (choice.split !== undefined && item.split !== choice.split) continue;
    const own = textsOf(dataset, item);
    if (own.length === 0) continue;
    for (const text of own) {
      texts.push(text);
      owner.push(items.length);
    }
    items.push(ordinal);
    kind.push(item.concept === undefined ? `item ${ordinal}` : `concept ${item.concept}`);
  }
  if (items.length === 0) {
    const sets = [...new Set(dataset.items.map((item) => item.set ?? 'none'))].sort();
    throw new DiptychError(
      'not_prepared',
      `${dataset.dir}: no item with a text in set ${choice.set ?? 'any'}, split ${choice.split ?? 'any'}; its sets: ${sets.join(', ')}`,
    );
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

/** The first English name of an emoji's concept; an icon's title. */
function nameOf(dataset: PreparedDataset, item: Item): readonly string[] {
  if (item.concept === undefined) return [];
  if (item.concept.startsWith('icon:')) return item.title === '' ? [] : [item.title];
  return dataset.concepts.get(item.concept)?.names.slice(0, 1) ?? [];
}

function captionsOf(_dataset: PreparedDataset, item: Item): readonly string[] {
  return item.captions;
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
