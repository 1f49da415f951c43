import { createHash } from 'node:crypto';
import { modelKey, versionKey } from '../../../src/version/keys.ts';
import { DiptychError } from '../../../src/errors.ts';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import { checkListed } from '../../../src/search/open/read-file.ts';
import { storeSource } from '../../../src/search/open/store-source.ts';
import { modelObjects } from './published-objects.ts';
import type { PublishedObject, VersionFolder } from './read-version.ts';

export interface UploadResult {
  /** Numbers of objects and bytes that were sent. */
  readonly objects: number;
  readonly bytes: number;
}

/**
 * Upload a version and the edge form of its model. The manifest is last, so a version with a manifest
 * is complete. An object that an interrupted upload left is kept if its content is right, otherwise
 * it is written again.
 *
 * @param modelDir - folder of the model that the version was built with
 * @param isSuspect - also read what seems to be complete, and replace what is damaged
 * @throws DiptychError index_unreadable (a checksum differs), store_failed
 */
export async function uploadVersion(
  store: ObjectStore,
  version: VersionFolder,
  modelDir: string,
  onProgress: (bytes: number, total: number) => void = () => {},
  isSuspect = false,
): Promise<UploadResult> {
  const { manifest } = version;
  const { collection, model } = manifest;
  const manifestKey = versionKey(collection, manifest.version, 'manifest.json');
  const isThere = !isSuspect && (await store.head(manifestKey)) !== null;
  const hasModel = (await refresh(store, modelKey(model.hash, 'model.json'))) && !isSuspect;
  if (isThere && hasModel) return { objects: 0, bytes: 0 };
  const objects = [
    ...(hasModel ? [] : await modelObjects(modelDir, model)),
    ...(isThere ? [] : version.objects()),
  ];
  const total = objects.reduce((sum, { size }) => sum + size, 0);
  let [done, bytes, sent] = [0, 0, 0];
  for (const object of objects) {
    if (await upload(store, object)) {
      sent += 1;
      bytes += object.size;
    }
    done += object.size;
    onProgress(done, total);
  }
  return { objects: sent, bytes };
}

/**
 * Write the description of an existing model again, which makes it look new: garbage collection
 * removes an unused model only if a day has passed since (`collect-garbage.ts`).
 */
async function refresh(store: ObjectStore, key: string): Promise<boolean> {
  const bytes = await store.get(key);
  if (bytes) await store.put(key, bytes);
  return bytes !== null;
}

/** @returns false if the store had the object already */
async function upload(store: ObjectStore, object: PublishedObject): Promise<boolean> {
  if (await hasArrived(store, object)) return false;
  const { key, size, read } = object;
  await store.put(key, await read());
  const arrived = await store.head(key);
  if (arrived?.size === size) return true;
  throw new DiptychError(
    'index_unreadable',
    `${key}: ${size} bytes were uploaded, the store has ${arrived?.size ?? 'none'}`,
  );
}

async function hasArrived(
  store: ObjectStore,
  { key, size, sha256 }: PublishedObject,
): Promise<boolean> {
  try {
    await checkListed(storeSource(store), key, { bytes: size, sha256 }, createHash('sha256'));
    return true;
  } catch (error) {
    if (error instanceof DiptychError && error.code === 'index_unreadable') return false;
    throw error;
  }
}
