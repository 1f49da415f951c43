import { sql, type SelectQueryBuilder } from 'kysely';
import { fromItemRow, type CatalogueItem, type StoredCaption } from './item.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { columnsBut } from '../catalogue/schema/table.ts';
import { tables, type ItemRow, type Tables } from '../catalogue/schema/tables.ts';

type ItemQuery = SelectQueryBuilder<Tables, 'items', ItemRow>;

/** Columns with long values: only the first row of an item carries them. */
const long = ['title', 'tags', 'metadata'] as const;
const short = columnsBut(tables.items, ['collection', 'captionCount', ...long]);

/**
 * Read items and their captions in one statement, so that no update can come between the two.
 *
 * The answer has a row for each caption of an item, or one row for an item without captions.
 *
 * @param page - the query for items of one collection, with a limit
 */
export async function selectPage({ db }: Catalogue, page: ItemQuery): Promise<CatalogueItem[]> {
  const rows = await db
    .selectFrom(page.as('item'))
    .leftJoin('captions as caption', (join) =>
      join
        .onRef('caption.collection', '=', 'item.collection')
        .onRef('caption.itemId', '=', 'item.id')
        .onRef('caption.ordinal', '<', 'item.captionCount'),
    )
    .select(short.map((name) => `item.${name}` as const))
    .select(['caption.text', 'caption.textHash', once('title'), once('tags'), once('metadata')])
    .orderBy('item.id')
    .orderBy('caption.ordinal')
    .execute();
  const items: CatalogueItem[] = [];
  let captions: StoredCaption[] = [];
  for (const { text, textHash, ...row } of rows) {
    if (items.at(-1)?.id !== row.id) {
      captions = [];
      items.push(fromItemRow(row, captions));
    }
    if (text !== null && textHash !== null) captions.push({ text, textHash });
  }
  return items;
}

/** Select a column only in the first row of an item, and null in its other rows. */
function once<Name extends (typeof long)[number]>(column: Name) {
  const value = sql.ref(`item.${column}`);
  return sql<ItemRow[Name]>`case when caption.ordinal > 0 then null else ${value} end`.as(column);
}
