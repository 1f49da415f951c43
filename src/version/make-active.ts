import { DiptychError } from '../errors.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { versionKey } from './keys.ts';
import { movePointer, readPointer, type SeenPointer } from './move-pointer.ts';

/**
 * Make a version active. Nothing else does this. The version is verified after the pointer was read
 * and before the pointer moves, so that a version which somebody else publishes meanwhile is not
 * overwritten. After the move the version is looked up again: somebody who had not seen the new
 * pointer may have removed it.
 *
 * @param seen - the pointer as it was before work on this version began
 * @param verify - throws where the version must not become active
 * @param now - milliseconds
 * @returns false if it was active already
 * @throws DiptychError publish_conflict, not_found (the version was removed), or what `verify`
 *   throws
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

/** Tell whether a version has a manifest, which is uploaded last and removed first. */
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
    `collection ${collection}: version ${version} cannot become active: expected its manifest, got none: the version was removed`,
    { collection, version },
  );
}
