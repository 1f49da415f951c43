import { versionKey } from '../../../src/version/keys.ts';
import { parseManifest } from '../../../src/version/manifest.ts';
import { DiptychError } from '../../../src/errors.ts';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import { deleteVectors } from '../vectorize/delete-vectors.ts';
import { readPointer } from '../../../src/version/move-pointer.ts';
import { checkTarget, type VectorizeTarget } from '../vectorize/publish-vectors.ts';
import { unknown } from './roll-back.ts';

export interface RemoveResult {
  readonly collection: string;
  readonly version: string;
  readonly objects: number;
  /** In Vectorize. */
  readonly vectors: number;
}

export interface RemoveOptions {
  /** Where its vectors are, if Vectorize searches it. */
  readonly target?: VectorizeTarget;
  /** How long ago it must have stopped being active, milliseconds; default 0. */
  readonly graceMs?: number;
  /** Milliseconds; default now. */
  readonly now?: number;
}

/**
 * Remove a version that is not active from the store, and its vectors from Vectorize. Its manifest
 * is set aside first, so that nobody goes back to what is half removed, and deleted last, so that
 * an interrupted removal can be run again. The model stays: other versions may share it.
 *
 * @throws DiptychError not_found, invalid_option (it is active or was until a moment ago, no index
 *   was given), publish_conflict (it became active), vectorize_failed
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
  if (!bytes) throw await unknown(store, collection, version);
  checkTarget(parseManifest(used, Buffer.from(bytes).toString('utf8')), target);
  await store.put(aside, bytes);
  await store.delete(used);
  await giveBackIfActive(store, collection, version, bytes);
  const manifest = parseManifest(used, Buffer.from(bytes).toString('utf8'));
  const vectors = target ? await deleteVectors(target.index, manifest, target) : 0;
  const keys = (await store.list(key(''))).flatMap((one) => (one.key === aside ? [] : [one.key]));
  for (const one of keys) await store.delete(one);
  await store.delete(aside);
  return { collection, version, objects: keys.length + 1, vectors };
}

/** @param since - milliseconds; a version that was active later is one that loads may still read */
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
    `remove: ${collection} ${version} was active until ${until}: expected before ${new Date(since).toISOString()}, loads of it may go on`,
  );
}

/** Who went back to it before its manifest was set aside has not seen that: the pointer decides. */
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
