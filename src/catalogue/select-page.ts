import { sql, type SelectQueryBuilder } from 'kysely';
import type { Catalogue } from './catalogue.ts';
import type { CatalogueItem } from './items.ts';
import type { ItemRow, Tables } from './tables.ts';

type ItemQuery = SelectQueryBuilder<Tables, 'items', ItemRow>;

/**
 * Items with their captions, by one statement, so that nobody's update comes between the two.
 *
 * An item has a row per caption, or one if it has none; what is long is in the first one alone.
 *
 * @param page - of one collection, with a limit
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
    .select([
      'item.id',
      'item.setName as set',
      'item.label',
      'item.imageHash',
      'item.contentHash',
      'item.createdAt',
      'item.updatedAt',
      'item.deletedAt',
      'caption.text',
      'caption.textHash',
      once('title'),
      once('tags'),
      once('metadata'),
    ])
    .orderBy('item.id')
    .orderBy('caption.ordinal')
    .execute();
  const items: (CatalogueItem & { captions: { text: string; textHash: string }[] })[] = [];
  for (const { text, textHash, title, tags, metadata, ...rest } of rows) {
    if (items.at(-1)?.id !== rest.id) {
      items.push({
        ...rest,
        title,
        captions: [],
        tags: JSON.parse(tags) as string[],
        metadata: metadata === null ? null : (JSON.parse(metadata) as Record<string, unknown>),
      });
    }
    if (text !== null && textHash !== null) items.at(-1)!.captions.push({ text, textHash });
  }
  return items;
}

/** A column in the first row of an item alone. */
function once<Name extends 'title' | 'tags' | 'metadata'>(column: Name) {
  const value = sql.ref(`item.${column}`);
  return sql<ItemRow[Name]>`case when caption.ordinal > 0 then null else ${value} end`.as(column);
}
