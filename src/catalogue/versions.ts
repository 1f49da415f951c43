import { among } from './among.ts';
import type { Catalogue } from './catalogue.ts';
import { chunks } from './chunks.ts';
import { insertRows } from './insert-rows.ts';
import type { IndexVersionRow, VersionState } from './schema/tables.ts';

export type NewVersion = Omit<IndexVersionRow, 'state' | 'createdAt' | 'publishedAt'>;

/** Add a version in the state `built`. A version that the catalogue has already stays as it is. */
export async function addVersion(catalogue: Catalogue, version: NewVersion): Promise<void> {
  const row = {
    ...version,
    state: 'built' as const,
    createdAt: catalogue.now(),
    publishedAt: null,
  };
  await catalogue.atomically(insertRows(catalogue, 'indexVersions', [row], 'keep'));
}

export async function getVersion(
  { db }: Catalogue,
  collection: string,
  version: string,
): Promise<IndexVersionRow | undefined> {
  return db
    .selectFrom('indexVersions')
    .selectAll()
    .where('collection', '=', collection)
    .where('version', '=', version)
    .executeTakeFirst();
}

/** List the versions of a collection, the newest first. */
export async function listVersions(
  { db }: Catalogue,
  collection: string,
): Promise<IndexVersionRow[]> {
  return db
    .selectFrom('indexVersions')
    .selectAll()
    .where('collection', '=', collection)
    .orderBy('createdAt', 'desc')
    .orderBy('version', 'desc')
    .execute();
}

/**
 * Move a version to another state if it is in one of `from`. A move to `published` notes the time.
 *
 * @returns whether it moved
 */
export async function setVersionState(
  { db, now }: Catalogue,
  collection: string,
  version: string,
  from: readonly VersionState[],
  to: VersionState,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('indexVersions')
    .set({ state: to, ...(to === 'published' && { publishedAt: now() }) })
    .where('collection', '=', collection)
    .where('version', '=', version)
    .where('state', 'in', from)
    .where('state', '!=', to)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** Remove the rows of versions that were removed from the store. */
export async function removeVersions(
  catalogue: Catalogue,
  collection: string,
  versions: readonly string[],
): Promise<void> {
  await catalogue.atomically(
    chunks(versions).map((part) =>
      catalogue.db
        .deleteFrom('indexVersions')
        .where('collection', '=', collection)
        .where(among(catalogue, 'version', part)),
    ),
  );
}
