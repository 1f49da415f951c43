import { createItemFilter } from '../hnsw/item-filter.ts';
import type { KeywordIndex } from './keywords/keyword-index.ts';
import type { Collection, CollectionItems } from './collection.ts';
import { shownCaptions, shownItems } from './shown-items.ts';
import type { VectorSearch } from './vector-search.ts';

/** Hide some items of a version, where only its items are open. */
export function hideFromItems(opened: CollectionItems, ids: ReadonlySet<string>): CollectionItems {
  return ids.size === 0 ? opened : { ...opened, hidden: ids };
}

/** Hide some items of a version, and the captions that describe no other item. */
export function hideItems(opened: Collection, ids: ReadonlySet<string>): Collection {
  const isShown = shownItems(opened.items, ids);
  if (!isShown.includes(false)) return opened;
  const { captionTable } = opened;
  return {
    ...opened,
    hidden: ids,
    images: filtered(opened.images, isShown),
    captions: filtered(opened.captions, shownCaptions(captionTable, isShown)),
    captionTable: {
      ...captionTable,
      itemsOf: (caption) => captionTable.itemsOf(caption).filter((id) => isShown[id]),
    },
    keywords: shownKeywords(opened.keywords, isShown),
  };
}

function filtered(vectors: VectorSearch, isShown: readonly boolean[]): VectorSearch {
  const filter = createItemFilter(isShown.length, (id) => isShown[id]!);
  return {
    ...vectors,
    search: (query, k, options) => vectors.search(query, k, { ...options, filter }),
    score: async (query, ids) => {
      const { cosines, ...rest } = await vectors.score(query, ids);
      // NaN says "not scored": callers drop it, as they do for a shard that does not answer.
      return { ...rest, cosines: cosines.map((cosine, i) => (isShown[ids[i]!] ? cosine : NaN)) };
    },
  };
}

function shownKeywords(keywords: KeywordIndex, isShown: readonly boolean[]): KeywordIndex {
  return {
    groups: keywords.groups,
    search: (query, limit) => keywords.search(query, limit),
    itemsOf: (group) => keywords.itemsOf(group).filter((id) => isShown[id]),
  };
}
