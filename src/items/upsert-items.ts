import type { Compilable } from 'kysely';
import { toItemRow, wholeItem, type HashedItem, type NewItem } from './item.ts';
import { among } from '../catalogue/among.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { chunks } from '../catalogue/chunks.ts';
import { contentHash, textHash } from '../catalogue/content-hash.ts';
import { insertRows } from '../catalogue/insert-rows.ts';
import { columnsBut } from '../catalogue/schema/table.ts';
import { tables, type CaptionRow } from '../catalogue/schema/tables.ts';

export type UpsertOutcome = 'created' | 'updated' | 'unchanged';

/** How many items are read and written together, with their captions. */
const itemsAtOnce = 256;

/**
 * Write items. An item whose content has not changed is not written, and keeps its time of update.
 *
 * Every 256 items are written all together or not at all. If several items have the same id, the last
 * one counts. Lengths are not checked here, because `itemInputSchema` has checked them.
 *
 * @param items - within `catalogueLimits`
 * @returns the result for each item, in their order; a deleted item that comes back is `created`
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
  given: readonly NewItem[],
): Promise<UpsertOutcome[]> {
  const items = await Promise.all(
    given.map(async (item): Promise<HashedItem> => {
      const { id, ...content } = wholeItem(item);
      return { id, ...content, contentHash: await contentHash(content) };
    }),
  );
  const stored = await storedContents(catalogue, collection, items);
  const content = new Map([...stored].map(([id, row]) => [id, row.deletedAt ? null : row.hash]));
  const changed = new Map<string, HashedItem>();
  const outcomes = items.map((item): UpsertOutcome => {
    const before = content.get(item.id);
    if (before === item.contentHash) return 'unchanged';
    content.set(item.id, item.contentHash);
    changed.set(item.id, item);
    return before ? 'updated' : 'created';
  });
  // All writers use the same order, so two writers of the same items rarely block each other.
  const writes = [...changed.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const again = writes.filter(({ id }) => stored.has(id)).map(({ id }) => id);
  await catalogue.atomically(await writeStatements(catalogue, collection, writes, again));
  return outcomes;
}

async function storedContents(
  catalogue: Catalogue,
  collection: string,
  items: readonly HashedItem[],
): Promise<Map<string, { hash: string; deletedAt: number | null }>> {
  const ids = items.map(({ id }) => id);
  const rows = await catalogue.db
    .selectFrom('items')
    .select(['id', 'contentHash as hash', 'deletedAt'])
    .where('collection', '=', collection)
    .where(among(catalogue, 'id', ids))
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
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
