import type { ItemInfo, Match } from '../http/api.ts';
import type { Collection } from './collection.ts';
import type { RankedItem } from './fusion.ts';
import { matchProbability } from './probability.ts';

/** The most items that are listed with a caption: a caption like "flag" describes hundreds. */
const itemsShown = 8;

/** Show an item as a search result. */
export function itemMatch(
  collection: Collection,
  { id: ordinal, score, cosine }: RankedItem,
): Match {
  const { id, ...metadata } = describeItem(collection, ordinal);
  const count = collection.manifest.image.count;
  return { id, score, probability: probabilityOf(collection, cosine ?? score, count), metadata };
}

/** Show a caption as a search result, with the items that it describes. */
export function captionMatch(collection: Collection, { id, score }: RankedItem): Match {
  const { texts, itemsOf } = collection.captionTable;
  const described = itemsOf(id).slice(0, itemsShown);
  // A caption shows the picture of its first item. It has no set: its other items may be of others.
  const { id: _id, set: _set, ...picture } = describeItem(collection, described[0]!);
  return {
    id: `caption:${id}`,
    score,
    probability: probabilityOf(collection, score, collection.manifest.caption.count),
    metadata: {
      ...picture,
      title: texts.at(id),
      items: described.map((ordinal) => collection.items.ids.at(ordinal)),
    },
  };
}

/** Describe an item by its ordinal. */
export function describeItem(
  { items, reference }: Pick<Collection, 'items' | 'reference'>,
  ordinal: number,
): ItemInfo {
  const { id, preview: _, ...shown } = items.at(ordinal);
  const { collection, version } = reference;
  // The address contains the version, so it always gives the same bytes and may be cached forever.
  const path = `/v1/collections/${collection}/items/${encodeURIComponent(id)}/image`;
  const imageUrl = `${path}?v=${encodeURIComponent(version)}`;
  return { id, ...shown, imageUrl };
}

function probabilityOf({ model }: Collection, cosine: number, count: number): number {
  return matchProbability(cosine, model.scale, count);
}
