import { DiptychError } from '../../../src/errors.ts';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import { storeSource } from '../../../src/search/open/store-source.ts';
import {
  readManifest,
  versionFiles,
  type VersionFiles,
} from '../../../src/search/open/version-files.ts';

/**
 * Open an index version in an object store.
 *
 * @throws DiptychError not_found, index_unreadable, store_failed
 */
export async function openStoredVersion(
  store: ObjectStore,
  collection: string,
  version: string,
): Promise<VersionFiles> {
  const source = storeSource(store);
  const manifest = await readManifest(source, collection, version);
  if (manifest) return versionFiles(source, manifest);
  throw new DiptychError('not_found', `collection ${collection} has no version ${version}`);
}
