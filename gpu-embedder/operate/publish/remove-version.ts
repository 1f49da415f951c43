import { versionKey } from '../../../src/version/keys.ts';
import { parseOutline } from '../../../src/version/manifest.ts';
import { DiptychError } from '../../../src/errors.ts';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import { deleteVectors } from '../vectorize/delete-vectors.ts';
import { readPointer } from '../../../src/version/move-pointer.ts';
import { checkTarget, type VectorizeTarget } from '../vectorize/publish-vectors.ts';
import { unknownVersion } from './roll-back.ts';

export interface RemoveResult {
  readonly collection: string;
  readonly version: string;
  /** Number of objects that were deleted. */
  readonly objects: number;
  /** Number of vectors that were deleted from Vectorize. */
  readonly vectors: number;
}

export interface RemoveOptions {
  /** The index with its vectors, if they are in Vectorize. */
  readonly target?: VectorizeTarget;
  /** Time since it stopped being active must be at least this, milliseconds; default 0. */
  readonly graceMs?: number;
  /** Present time, milliseconds; default `Date.now()`. */
  readonly now?: number;
}

/**
 * Remove a version that is not active from the store, and its vectors from Vectorize. Its manifest
 * is moved aside first, so that nobody makes a half-removed version active. It is deleted last, so
 * that an interrupted removal can be run again. The model stays, as other versions may share it.
 *
 * @throws DiptychError not_found, invalid_option (it is active or was until a moment ago, or
 *   `target` is missing), publish_conflict (it became active), vectorize_failed
 */
export async function removeVersion(
  store: ObjectStore,
  collection: string,
  version: string,
  { target, graceMs = 0, now = Date.now() }: RemoveOptions = {},
): Promise<RemoveResult> {
  await checkUnused(store, collection, version, now - graceMs);
  const key = (file: string) => versionKey(collection, version, file);
  const [used, aside] = [key('manifest.json'), key('removing.json')];
  const bytes = (await store.get(used)) ?? (await store.get(aside));
  if (!bytes) throw await unknownVersion(store, collection, version);
  const outline = parseOutline(used, Buffer.from(bytes).toString('utf8'));
  checkTarget(outline, target);
  await store.put(aside, bytes);
  await store.delete(used);
  await giveBackIfActive(store, collection, version, bytes);
  const vectors = target ? await deleteVectors(target.index, outline, target) : 0;
  const keys = (await store.list(key(''))).flatMap((one) => (one.key === aside ? [] : [one.key]));
  for (const one of keys) await store.delete(one);
  await store.delete(aside);
  return { collection, version, objects: keys.length + 1, vectors };
}

/** @param since - milliseconds; a worker may still load a version that was active after this */
async function checkUnused(
  store: ObjectStore,
  collection: string,
  version: string,
  since: number,
): Promise<void> {
  const { pointer } = await readPointer(store, collection);
  if (pointer?.version === version) {
    throw new DiptychError(
      'invalid_option',
      `remove: collection ${collection} is at ${version}: make another version active first`,
    );
  }
  const until = pointer?.retired?.find((one) => one.version === version)?.until;
  if (until === undefined || Date.parse(until) <= since) return;
  throw new DiptychError(
    'invalid_option',
    `remove: ${collection} ${version} was active until ${until}: expected before ${new Date(since).toISOString()}, because a worker may still be loading it`,
  );
}

/** Undo the removal if somebody made the version active before its manifest was moved aside. */
async function giveBackIfActive(
  store: ObjectStore,
  collection: string,
  version: string,
  manifest: Uint8Array,
): Promise<void> {
  const { pointer } = await readPointer(store, collection);
  if (pointer?.version !== version) return;
  await store.put(versionKey(collection, version, 'manifest.json'), manifest);
  await store.delete(versionKey(collection, version, 'removing.json'));
  throw new DiptychError(
    'publish_conflict',
    `remove: ${collection} ${version} became active while it was being removed: it stays`,
    { collection, version },
  );
}
