import { activeKey, versionKey } from '../../src/artifact/keys.ts';
import { parseManifest } from '../../src/artifact/manifest.ts';
import { DiptychError } from '../../src/errors.ts';
import type { ObjectStore } from '../../src/objects/object-store.ts';
import { deleteVectors } from './delete-vectors.ts';
import { checkTarget, type VectorizeTarget } from './publish-vectors.ts';
import { pointerTo, publishedVersions } from './publish-version.ts';

export interface RemoveResult {
  readonly collection: string;
  readonly version: string;
  readonly objects: number;
  /** In Vectorize. */
  readonly vectors: number;
}

/**
 * Remove a version that is not active from the store, and its vectors from Vectorize. Its manifest
 * is set aside first, so that nobody goes back to what is half removed, and deleted last, so that
 * an interrupted removal can be run again. The model stays: other versions may share it.
 *
 * @throws DiptychError not_found, invalid_option (it is active, no index was given), vectorize_failed
 */
export async function removeVersion(
  store: ObjectStore,
  collection: string,
  version: string,
  target?: VectorizeTarget,
): Promise<RemoveResult> {
  const pointer = await store.get(activeKey(collection));
  if (pointer && pointerTo(version).equals(pointer)) {
    throw new DiptychError(
      'invalid_option',
      `remove: collection ${collection} is at ${version}: make another version active first`,
    );
  }
  const key = (file: string) => versionKey(collection, version, file);
  const [used, aside] = [key('manifest.json'), key('removing.json')];
  const bytes = (await store.get(used)) ?? (await store.get(aside));
  if (!bytes) throw await unknown(store, collection, version);
  const manifest = parseManifest(used, Buffer.from(bytes).toString('utf8'));
  checkTarget(manifest, target);
  await store.put(aside, bytes);
  await store.delete(used);
  const vectors = target ? await deleteVectors(target.index, manifest, target) : 0;
  const keys = (await store.list(key(''))).flatMap((one) => (one.key === aside ? [] : [one.key]));
  for (const one of keys) await store.delete(one);
  await store.delete(aside);
  return { collection, version, objects: keys.length + 1, vectors };
}

async function unknown(store: ObjectStore, collection: string, version: string) {
  const known = (await publishedVersions(store, collection)).join(', ') || 'none';
  return new DiptychError(
    'not_found',
    `collection ${collection} has no version ${version}; published: ${known}`,
  );
}
