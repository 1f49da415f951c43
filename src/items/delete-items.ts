import { among } from '../catalogue/among.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { chunks } from '../catalogue/chunks.ts';

export type DeleteOutcome = 'deleted' | 'absent';

/**
 * Mark items as deleted. Their rows stay until `purgeDeleted`, so that the edge can be told to hide
 * them.
 *
 * @returns the result for each id, in the order of the ids
 */
export async function deleteItems(
  catalogue: Catalogue,
  collection: string,
  ids: readonly string[],
): Promise<DeleteOutcome[]> {
  const found = new Set<string>();
  for (const part of chunks(ids)) {
    for (const id of await deletePart(catalogue, collection, part)) found.add(id);
  }
  // Of an id that was given twice, only the first is `deleted`.
  return ids.map((id) => (found.delete(id) ? 'deleted' : 'absent'));
}

async function deletePart(
  catalogue: Catalogue,
  collection: string,
  ids: readonly string[],
): Promise<string[]> {
  const live = await catalogue.db
    .selectFrom('items')
    .select('id')
    .where('collection', '=', collection)
    .where('deletedAt', 'is', null)
    .where(among(catalogue, 'id', ids))
    .execute();
  if (live.length === 0) return [];
  const time = catalogue.now();
  await catalogue.db
    .updateTable('items')
    .set({ deletedAt: time, updatedAt: time })
    .where('collection', '=', collection)
    .where('deletedAt', 'is', null)
    .where(among(catalogue, 'id', ids))
    .execute();
  return live.map(({ id }) => id);
}

export interface DeletedItem {
  readonly id: string;
  readonly imageHash: string | null;
  readonly deletedAt: number;
}

/**
 * List a page of the items that are deleted and not yet purged, by the time of deletion, then by id.
 * This is the order of an index, so the database does not read the items that are not deleted.
 */
export async function listDeleted(
  { db }: Catalogue,
  collection: string,
  { after, limit }: { readonly after?: Omit<DeletedItem, 'imageHash'>; readonly limit: number },
): Promise<DeletedItem[]> {
  const rows = await db
    .selectFrom('items')
    .select(['id', 'imageHash', 'deletedAt'])
    .where('collection', '=', collection)
    .where('deletedAt', '>=', after?.deletedAt ?? 0)
    .$if(after !== undefined, (query) =>
      query.where((where) =>
        where.or([where('deletedAt', '>', after!.deletedAt), where('id', '>', after!.id)]),
      ),
    )
    .orderBy('deletedAt')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...row, deletedAt: row.deletedAt! }));
}

/**
 * Remove deleted items and their captions from the catalogue, up to the limit.
 *
 * @param options.before - only items that were deleted before this time, ms since 1970
 * @param options.ids - only these items
 * @returns what was removed, and the hashes of images and captions that may no longer be in use
 */
export async function purgeDeleted(
  catalogue: Catalogue,
  collection: string,
  options: { readonly before: number; readonly limit?: number; readonly ids?: readonly string[] },
): Promise<{ ids: string[]; imageHashes: string[]; textHashes: string[] }> {
  const { db } = catalogue;
  const { before, limit = 1000, ids: some } = options;
  const deleted = db
    .selectFrom('items')
    .where('collection', '=', collection)
    .where('deletedAt', '<', before)
    .$if(some !== undefined, (query) => query.where(among(catalogue, 'id', some!)));
  const rows = await deleted.select(['id', 'imageHash']).orderBy('id').limit(limit).execute();
  const ids = rows.map(({ id }) => id);
  if (ids.length === 0) return { ids, imageHashes: [], textHashes: [] };
  const texts = await db
    .selectFrom('captions')
    .select('textHash')
    .distinct()
    .where('collection', '=', collection)
    .where(among(catalogue, 'itemId', ids))
    .execute();
  // An item may have come back in the meantime, so the statements check again that it is deleted.
  const still = deleted.select('id').where(among(catalogue, 'id', ids));
  await catalogue.atomically([
    db.deleteFrom('captions').where('collection', '=', collection).where('itemId', 'in', still),
    db
      .deleteFrom('items')
      .where('collection', '=', collection)
      .where('deletedAt', '<', before)
      .where(among(catalogue, 'id', ids)),
  ]);
  const back = await db
    .selectFrom('items')
    .select('id')
    .where('collection', '=', collection)
    .where(among(catalogue, 'id', ids))
    .execute();
  const kept = new Set(back.map(({ id }) => id));
  return {
    ids: ids.filter((id) => !kept.has(id)),
    imageHashes: [...new Set(rows.flatMap(({ imageHash }) => imageHash ?? []))],
    textHashes: texts.map(({ textHash }) => textHash),
  };
}
