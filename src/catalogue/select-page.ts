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
      'item.title',
      'item.setName as set',
      'item.label',
      'item.imageHash',
      'item.contentHash',
      'item.createdAt',
      'item.updatedAt',
      'item.deletedAt',
      'caption.text',
      'caption.textHash',
      sql<string>`case when caption.ordinal > 0 then null else item.tags end`.as('tags'),
      sql<string | null>`case when caption.ordinal > 0 then null else item.metadata end`.as(
        'metadata',
      ),
    ])
    .orderBy('item.id')
    .orderBy('caption.ordinal')
    .execute();
  const items: (CatalogueItem & { captions: { text: string; textHash: string }[] })[] = [];
  for (const { text, textHash, tags, metadata, ...rest } of rows) {
    if (items.at(-1)?.id !== rest.id) {
      items.push({
        ...rest,
        captions: [],
        tags: JSON.parse(tags) as string[],
        metadata: metadata === null ? null : (JSON.parse(metadata) as Record<string, unknown>),
      });
    }
    if (text !== null && textHash !== null) items.at(-1)!.captions.push({ text, textHash });
  }
  return items;
}
