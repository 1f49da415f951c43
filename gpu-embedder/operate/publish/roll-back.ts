import { isComplete, makeActive } from '../../../src/version/make-active.ts';
import { readPointer } from '../../../src/version/move-pointer.ts';
import { DiptychError } from '../../../src/errors.ts';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import { listVersions } from './list-versions.ts';
import { verifyVersion } from './verify-version.ts';

export interface RollBackResult {
  readonly collection: string;
  /** The version that is active now. */
  readonly version: string;
  /** The version that was active before. */
  readonly from: string;
}

/**
 * Move the pointer of a collection to a version that was published before.
 *
 * @param version - default: the version that was active before the present one
 * @throws DiptychError not_found, index_unreadable (files of it are missing), publish_conflict
 */
export async function rollBack(
  store: ObjectStore,
  collection: string,
  version?: string,
): Promise<RollBackResult> {
  const seen = await readPointer(store, collection);
  const target = version ?? seen.pointer?.previous;
  if (!seen.pointer || !target) {
    throw new DiptychError(
      'not_found',
      `collection ${collection}: expected a version that was active before, got none: name one`,
    );
  }
  if (!(await isComplete(store, collection, target)))
    throw await unknownVersion(store, collection, target);
  await makeActive(store, seen, target, () =>
    verifyVersion(store, collection, target, { checksums: false }),
  );
  return { collection, version: target, from: seen.pointer.version };
}

/** Make the error for a version that does not exist. */
export async function unknownVersion(
  store: ObjectStore,
  collection: string,
  version: string,
): Promise<DiptychError> {
  const versions = await listVersions(store, collection);
  const known = versions.flatMap(({ version: id, about }) => (about ? [id] : []));
  return new DiptychError(
    'not_found',
    `collection ${collection} has no version ${version}; published: ${known.join(', ') || 'none'}`,
  );
}
