import { checkCollectionName } from '../version/collection-name.ts';
import type { Catalogue } from './catalogue.ts';
import { DuplicateKeyError } from './failures.ts';
import { insertRows } from './insert-rows.ts';

export interface Collection {
  readonly name: string;
  readonly createdAt: number;
}

/**
 * Create a collection. If one of this name was removed earlier, it comes back without items.
 *
 * @throws DiptychError bad_request if the name is not allowed
 */
export async function createCollection(
  catalogue: Catalogue,
  name: string,
): Promise<'created' | 'exists'> {
  // The name becomes a part of keys in the store and of addresses.
  checkCollectionName(name);
  const { db, now } = catalogue;
  const row = { name, createdAt: now(), deletedAt: null };
  try {
    await catalogue.atomically(insertRows(catalogue, 'collections', [row]));
    return 'created';
  } catch (error) {
    if (!(error instanceof DuplicateKeyError)) throw error;
  }
  if (await getCollection(catalogue, name)) return 'exists';
  await deleteAllItems(catalogue, name);
  const { numUpdatedRows } = await db
    .updateTable('collections')
    .set({ createdAt: now(), deletedAt: null })
    .where('name', '=', name)
    .where('deletedAt', 'is not', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n ? 'created' : 'exists';
}

export async function getCollection(
  { db }: Catalogue,
  name: string,
): Promise<Collection | undefined> {
  return db
    .selectFrom('collections')
    .select(['name', 'createdAt'])
    .where('name', '=', name)
    .where('deletedAt', 'is', null)
    .executeTakeFirst();
}

/** Whether the catalogue has a collection or had it: a removed one stays as a row marked as deleted. */
export async function knowsCollection({ db }: Catalogue, name: string): Promise<boolean> {
  const row = await db
    .selectFrom('collections')
    .select('name')
    .where('name', '=', name)
    .executeTakeFirst();
  return row !== undefined;
}

/** List the collections that are not removed, by name. */
export async function listCollections({ db }: Catalogue): Promise<Collection[]> {
  return db
    .selectFrom('collections')
    .select(['name', 'createdAt'])
    .where('deletedAt', 'is', null)
    .orderBy('name')
    .execute();
}

/**
 * Remove a collection and mark its items as deleted; `purgeDeleted` removes their rows.
 *
 * After a failure, call it again: it marks the items that are left.
 *
 * @returns whether the collection existed
 */
export async function removeCollection(catalogue: Catalogue, name: string): Promise<boolean> {
  const { numUpdatedRows } = await catalogue.db
    .updateTable('collections')
    .set({ deletedAt: catalogue.now() })
    .where('name', '=', name)
    .where('deletedAt', 'is', null)
    .executeTakeFirstOrThrow();
  await deleteAllItems(catalogue, name);
  return numUpdatedRows > 0n;
}

/** PlanetScale refuses a statement that changes more than 100,000 rows. */
const itemsAtOnce = 5000;

async function deleteAllItems({ db, now }: Catalogue, collection: string): Promise<void> {
  const live = () =>
    db
      .selectFrom('items')
      .select('id')
      .where('collection', '=', collection)
      .where('deletedAt', 'is', null)
      .orderBy('id');
  const mark = (upTo?: string) =>
    db
      .updateTable('items')
      .set({ deletedAt: now(), updatedAt: now() })
      .where('collection', '=', collection)
      .where('deletedAt', 'is', null)
      .$if(upTo !== undefined, (query) => query.where('id', '<=', upTo!))
      .execute();
  for (;;) {
    const end = await live().limit(1).offset(itemsAtOnce).executeTakeFirst();
    await mark(end?.id);
    if (!end) return;
  }
}
