import type { ObjectStore } from '../../src/objects/object-store.ts';
import { movePointer, type SeenPointer } from '../../src/artifact/move-pointer.ts';
import { verifyVersion, type VerifyOptions } from './verify-version.ts';

/**
 * Make an uploaded version active, after verifying what the store has of it.
 *
 * @param seen - the pointer, as it was when this publisher began
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
  await verifyVersion(store, seen.collection, version, options);
  return movePointer(store, seen, version);
}
