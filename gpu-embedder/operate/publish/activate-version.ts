import { makeActive } from '../../../src/version/make-active.ts';
import type { SeenPointer } from '../../../src/version/move-pointer.ts';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import { verifyVersion, type VerifyOptions } from './verify-version.ts';

/**
 * Verify the files of an uploaded version in the store, then make it active.
 *
 * @param seen - the pointer that this publisher read when it began
 * @returns false if it was active already
 * @throws DiptychError publish_conflict, not_found, index_unreadable, below_minimum
 */
export async function activateVersion(
  store: ObjectStore,
  seen: SeenPointer,
  version: string,
  options: VerifyOptions = {},
): Promise<boolean> {
  if (seen.pointer?.version === version) return false;
  const verify = () => verifyVersion(store, seen.collection, version, options);
  return makeActive(store, seen, version, verify);
}
