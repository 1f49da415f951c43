import type { Compilable } from 'kysely';
import {
  toHashedItem,
  toItemRow,
  wholeItem,
  type CatalogueItem,
  type HashedItem,
  type NewItem,
} from './item.ts';
import { among } from '../catalogue/among.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { chunks } from '../catalogue/chunks.ts';
import { contentHash, textHash } from '../catalogue/content-hash.ts';
import { insertRows } from '../catalogue/insert-rows.ts';
import { columnsBut } from '../catalogue/schema/table.ts';
import { tables, type CaptionRow } from '../catalogue/schema/tables.ts';
import { selectPage } from './select-page.ts';

export type UpsertOutcome = 'created' | 'updated' | 'unchanged';

/** How many items are read and written together, with their captions. */
const itemsAtOnce = 256;

/**
 * Write items. What an item leaves out stays as it is stored. An item whose content has not changed is
 * not written, and keeps its time of update.
 *
 * Every 256 items are written all together or not at all. If several items have the same id, they are
 * applied in their order. Of two writers of one item at the same moment, the later one counts, whole.
 * Lengths are not checked here, because `itemInputSchema` has checked them.
 *
 * @param items - within `catalogueLimits`
 * @returns the result for each item, in their order; a deleted item that comes back is `created`, and
 *   has nothing of what it was
 */
export async function upsertItems(
  catalogue: Catalogue,
  collection: string,
  items: readonly NewItem[],
): Promise<UpsertOutcome[]> {
  const outcomes: UpsertOutcome[] = [];
  for (const part of chunks(items, itemsAtOnce)) {
    outcomes.push(...(await upsertPart(catalogue, collection, part)));
  }
  return outcomes;
}

async function upsertPart(
  catalogue: Catalogue,
  collection: string,
  items: readonly NewItem[],
): Promise<UpsertOutcome[]> {
  const stored = await storedItems(catalogue, collection, items);
  const current = new Map<string, HashedItem>();
  for (const item of stored) if (item.deletedAt === null) current.set(item.id, toHashedItem(item));
  const changed = new Map<string, HashedItem>();
  const outcomes: UpsertOutcome[] = [];
  for (const item of items) {
    const { outcome, after } = await applyItem(item, current.get(item.id));
    outcomes.push(outcome);
    if (outcome === 'unchanged') continue;
    current.set(item.id, after);
    changed.set(item.id, after);
  }
  // All writers use the same order, so two writers of the same items rarely block each other.
  const writes = [...changed.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const again = stored.flatMap(({ id }) => (changed.has(id) ? id : []));
  await catalogue.atomically(await writeStatements(catalogue, collection, writes, again));
  return outcomes;
}

/** Say what becomes of an item, without writing it. @param before - the item of this id as it is */
export async function applyItem(
  item: NewItem,
  before: HashedItem | undefined,
): Promise<{ readonly outcome: UpsertOutcome; readonly after: HashedItem }> {
  const { id, ...content } = wholeItem(item, before);
  const after = { id, ...content, contentHash: await contentHash(content) };
  if (!before) return { outcome: 'created', after };
  return { outcome: before.contentHash === after.contentHash ? 'unchanged' : 'updated', after };
}

/** Read the items that exist already, deleted ones too. */
async function storedItems(
  catalogue: Catalogue,
  collection: string,
  items: readonly NewItem[],
): Promise<CatalogueItem[]> {
  const ids = [...new Set(items.map(({ id }) => id))];
  const rows = catalogue.db
    .selectFrom('items')
    .selectAll()
    .where('collection', '=', collection)
    .where(among(catalogue, 'id', ids))
    .orderBy('id')
    .limit(ids.length);
  return selectPage(catalogue, rows);
}

/**
 * @param again - ids of items that exist already. Only their captions are deleted: looking for captions
 *   of new items would lock the gaps in the index where other writers insert their rows.
 */
async function writeStatements(
  catalogue: Catalogue,
  collection: string,
  items: readonly HashedItem[],
  again: readonly string[],
): Promise<Compilable[]> {
  const now = catalogue.now();
  const captions = (await Promise.all(items.map((item) => captionRows(collection, item)))).flat();
  const rows = items.map((item) => toItemRow(collection, item, now));
  const { db } = catalogue;
  const deletion = db
    .deleteFrom('captions')
    .where('collection', '=', collection)
    .where(among(catalogue, 'itemId', again));
  return [
    ...insertRows(catalogue, 'items', rows, contentColumns),
    ...(again.length > 0 ? [deletion] : []),
    ...insertRows(catalogue, 'captions', captions, ['text', 'textHash']),
  ];
}

/** All columns except the key and the time of creation. */
const contentColumns = columnsBut(tables.items, ['collection', 'id', 'createdAt']);

async function captionRows(
  collection: string,
  { id, captions }: HashedItem,
): Promise<CaptionRow[]> {
  const rows = captions.map(async (text, ordinal) => ({
    collection,
    itemId: id,
    ordinal,
    text,
    textHash: await textHash(text),
  }));
  return Promise.all(rows);
}
