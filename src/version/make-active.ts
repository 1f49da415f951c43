import { DiptychError } from '../errors.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { versionKey } from './keys.ts';
import { movePointer, readPointer, type SeenPointer } from './move-pointer.ts';

/**
 * Make a version active: everybody who does goes this way. It is verified between a look at the
 * pointer and its move, so who published meanwhile is not overwritten; and looked at again after the
 * move, as somebody may be removing it who has not seen the pointer.
 *
 * @param seen - the pointer as it was when the work began that led to this version
 * @param verify - throws where the version must not become active
 * @param now - milliseconds
 * @returns false if it was active already
 * @throws DiptychError publish_conflict, not_found (it is gone), or what `verify` throws
 */
export async function makeActive(
  store: ObjectStore,
  seen: SeenPointer,
  version: string,
  verify: () => Promise<unknown> = async () => {},
  now: number = Date.now(),
): Promise<boolean> {
  await verify();
  if (!(await isComplete(store, seen.collection, version))) throw gone(seen, version);
  const moved = await movePointer(store, seen, version, now);
  if (await isComplete(store, seen.collection, version)) return moved;
  const current = await readPointer(store, seen.collection);
  if (seen.pointer && current.pointer?.version === version) {
    await movePointer(store, current, seen.pointer.version, now);
  }
  throw gone(seen, version);
}

/** Whether a version has a manifest, which is uploaded last and removed first. */
export async function isComplete(
  store: ObjectStore,
  collection: string,
  version: string,
): Promise<boolean> {
  return (await store.head(versionKey(collection, version, 'manifest.json'))) !== null;
}

function gone({ collection }: SeenPointer, version: string): DiptychError {
  return new DiptychError(
    'not_found',
    `collection ${collection}: expected version ${version}, to make it active, got none: it was removed`,
    { collection, version },
  );
}
