import type { Stores } from '../../../src/catalogue/stores.ts';
import { deleteItems } from '../../../src/items/delete-items.ts';
import { toHashedItem, type HashedItem } from '../../../src/items/item.ts';
import { listItems } from '../../../src/items/items.ts';
import { writeDeleted } from '../../../src/items/remove/deleted-overlay.ts';

/** The items that a collection has: what a source is compared with. */
export interface StoredItems {
  /** @param idPrefix - only items whose id begins with it */
  pages(idPrefix?: string): AsyncIterable<readonly HashedItem[]>;
  /** @param ids - at most 500 */
  remove(ids: readonly string[]): Promise<void>;
}

/** The items of a collection of this machine's catalogue; an unknown collection has none. */
export function catalogueItems(stores: Stores, collection: string): StoredItems {
  const { catalogue } = stores;
  return {
    async *pages(idPrefix) {
      for (let after: string | undefined; ;) {
        const request = { collection, after, limit: 500, filter: { idPrefix } };
        const { items, next } = await listItems(catalogue, request);
        yield items.map(toHashedItem);
        if (next === undefined) return;
        after = next;
      }
    },
    async remove(ids) {
      await deleteItems(catalogue, collection, ids);
      await writeDeleted(stores, collection);
    },
  };
}
