import { sql } from 'kysely';
import type { CatalogueItem } from './item.ts';
import { among } from '../catalogue/among.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { chunks } from '../catalogue/chunks.ts';
import { pageSize } from '../catalogue/limits.ts';
import { selectPage } from './select-page.ts';

export interface ItemFilter {
  readonly set?: string;
  readonly label?: string;
  readonly hasImage?: boolean;
  readonly hasCaptions?: boolean;
  /** Ms since 1970; an item that was updated at exactly this time passes. */
  readonly updatedSince?: number;
  readonly idPrefix?: string;
}

export interface ItemPage {
  readonly items: readonly CatalogueItem[];
  /** Pass it as `after` to get the next page; the last page has none. */
  readonly next?: string;
}

export async function getItem(
  catalogue: Catalogue,
  collection: string,
  id: string,
): Promise<CatalogueItem | undefined> {
  return (await getItems(catalogue, collection, [id]))[0];
}

/** Read some items, sorted by id, without those that are missing or deleted. */
export async function getItems(
  catalogue: Catalogue,
  collection: string,
  ids: readonly string[],
): Promise<CatalogueItem[]> {
  const found: CatalogueItem[] = [];
  for (const part of chunks([...new Set(ids)].sort(), pageSize(Infinity))) {
    const page = catalogue.db
      .selectFrom('items')
      .selectAll()
      .where('collection', '=', collection)
      .where('deletedAt', 'is', null)
      .where(among(catalogue, 'id', part))
      .orderBy('id')
      .limit(part.length);
    found.push(...(await selectPage(catalogue, page)));
  }
  return found;
}

/**
 * Read a page of a collection, by id. An item that exists during the whole listing is on exactly one
 * page, even while other items come and go.
 *
 * @param request.after - the page begins after this id
 * @param request.limit - at most `catalogueLimits.page`
 */
export async function listItems(
  catalogue: Catalogue,
  request: {
    readonly collection: string;
    readonly after?: string;
    readonly limit: number;
    readonly filter?: ItemFilter;
    readonly includeDeleted?: boolean;
  },
): Promise<ItemPage> {
  const { collection, after, filter = {}, includeDeleted = false } = request;
  const limit = pageSize(request.limit);
  let page = catalogue.db
    .selectFrom('items')
    .selectAll()
    .where('collection', '=', collection)
    .orderBy('id')
    .limit(limit + 1);
  const { set, label, hasImage, hasCaptions, updatedSince, idPrefix } = filter;
  if (after !== undefined) page = page.where('id', '>', after);
  if (!includeDeleted) page = page.where('deletedAt', 'is', null);
  if (set !== undefined) page = page.where('setName', '=', set);
  if (label !== undefined) page = page.where('label', '=', label);
  if (hasImage !== undefined) page = page.where('imageHash', hasImage ? 'is not' : 'is', null);
  if (hasCaptions !== undefined) page = page.where('captionCount', hasCaptions ? '>' : '=', 0);
  if (updatedSince !== undefined) page = page.where('updatedAt', '>=', updatedSince);
  if (idPrefix) {
    // A range instead of LIKE: D1 limits the pattern of LIKE to 50 bytes, and not both databases would
    // use an index for it.
    page = page.where('id', '>=', idPrefix).where('id', '<', `${idPrefix}\u{10FFFF}`);
  }
  // One item more than was asked for tells whether another page follows.
  const found = await selectPage(catalogue, page);
  const items = found.slice(0, limit);
  return found.length > limit ? { items, next: items.at(-1)!.id } : { items };
}

/** Find which of some ids the catalogue has, of items that are deleted too. */
export async function knownIds(
  catalogue: Catalogue,
  collection: string,
  ids: readonly string[],
): Promise<Set<string>> {
  const known = new Set<string>();
  for (const part of chunks(ids)) {
    const rows = await catalogue.db
      .selectFrom('items')
      .select('id')
      .where('collection', '=', collection)
      .where(among(catalogue, 'id', part))
      .execute();
    for (const { id } of rows) known.add(id);
  }
  return known;
}

export interface ItemCounts {
  /** Items that are not deleted; `withImage` and `captions` count only these. */
  readonly items: number;
  readonly withImage: number;
  readonly captions: number;
  readonly deleted: number;
}

export async function countItems({ db }: Catalogue, collection: string): Promise<ItemCounts> {
  const rows = await db
    .selectFrom('items')
    .select([
      sql<number>`case when deleted_at is null then 0 else 1 end`.as('gone'),
      sql<number>`count(*)`.as('count'),
      sql<number>`count(image_hash)`.as('withImage'),
      sql<number>`sum(caption_count)`.as('captions'),
    ])
    .where('collection', '=', collection)
    .groupBy('gone')
    .execute();
  const live = rows.find(({ gone }) => gone === 0);
  return {
    items: live?.count ?? 0,
    withImage: live?.withImage ?? 0,
    captions: live?.captions ?? 0,
    deleted: rows.find(({ gone }) => gone === 1)?.count ?? 0,
  };
}
