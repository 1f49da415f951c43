import { isComplete, makeActive } from '../../../src/version/make-active.ts';
import { seePointer, type SeenPointer } from '../../../src/version/move-pointer.ts';
import { DiptychError } from '../../../src/errors.ts';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import { listVersions } from './list-versions.ts';
import { verifyVersion } from './verify-version.ts';

export interface RollBackResult {
  readonly collection: string;
  /** The version that is active now. */
  readonly version: string;
  /** The version that was active before; null if none was. */
  readonly from: string | null;
}

/**
 * Move the pointer of a collection to a version that was published before. A pointer that is missing or
 * cannot be read is replaced.
 *
 * @param version - default: the version that was active before the present one
 * @throws DiptychError not_found, index_unreadable (files of it are missing), publish_conflict
 */
export async function rollBack(
  store: ObjectStore,
  collection: string,
  version?: string,
): Promise<RollBackResult> {
  const seen = await seePointer(store, collection);
  const target = version ?? seen.pointer?.previous;
  if (!target) throw await nothingBefore(store, seen);
  if (!(await isComplete(store, collection, target)))
    throw await unknownVersion(store, collection, target);
  await makeActive(store, seen, target, () =>
    verifyVersion(store, collection, target, { checksums: false }),
  );
  return { collection, version: target, from: seen.pointer?.version ?? null };
}

async function nothingBefore(store: ObjectStore, seen: SeenPointer): Promise<DiptychError> {
  const { collection, pointer, unreadable } = seen;
  const active =
    unreadable?.message ?? (pointer ? `${pointer.version} is active` : 'none is active');
  return new DiptychError(
    'not_found',
    `collection ${collection}: expected a version that was active before, got none (${active}): name ` +
      `one; the store has: ${await completeVersions(store, collection)}`,
  );
}

/** Make the error for a version that does not exist. */
export async function unknownVersion(
  store: ObjectStore,
  collection: string,
  version: string,
): Promise<DiptychError> {
  return new DiptychError(
    'not_found',
    `collection ${collection} has no version ${version}; published: ${await completeVersions(store, collection)}`,
  );
}

async function completeVersions(store: ObjectStore, collection: string): Promise<string> {
  const versions = await listVersions(store, collection);
  return versions.flatMap(({ version, about }) => (about ? [version] : [])).join(', ') || 'none';
}
