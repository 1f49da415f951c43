import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '../../src/artifact/manifest.ts';
import { DiptychError } from '../../src/errors.ts';
import { edgeWeights } from '../model/edge-weights.ts';
import { hashModel, readModelFiles } from '../encode/model-files.ts';
import { activeKey, modelKey, versionKey } from '../../src/artifact/keys.ts';
import type { ObjectStore } from '../../src/objects/object-store.ts';
import { publishVectors, type VectorizeTarget } from './publish-vectors.ts';
import { readVersion, type VersionFolder } from './read-version.ts';

export interface PublishResult {
  readonly collection: string;
  readonly version: string;
  /** False: the version was there and active already. */
  readonly published: boolean;
  /** Objects and bytes that were uploaded. */
  readonly objects: number;
  readonly bytes: number;
  /** Vectors that were sent to Vectorize. */
  readonly vectors: number;
}

/**
 * Upload an index version and the edge form of its model, verify what arrived, then make the
 * version active. Immutable objects that are there already are not uploaded again.
 *
 * @param target - where vectors go that Vectorize searches; of other versions left out
 * @throws DiptychError `index_unreadable` (a checksum differs), `model_mismatch`, `invalid_option`,
 *   `vectorize_limit`, `vectorize_failed`
 */
export async function publishVersion(
  store: ObjectStore,
  versionDir: string,
  modelDir: string,
  onProgress: (bytes: number, total: number) => void = () => {},
  target?: VectorizeTarget,
): Promise<PublishResult> {
  const version = await readVersion(versionDir);
  const { manifest } = version;
  const { collection } = manifest;
  const isThere = await isComplete(store, manifest);
  const objects = isThere ? [] : await objectsOf(version, modelDir);
  const vectors = await publishVectors(version, target);
  const published = { collection, version: manifest.version, vectors };
  if (isThere) {
    const moved = await activate(store, collection, manifest.version);
    return { ...published, published: moved, objects: 0, bytes: 0 };
  }
  const total = objects.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  for (const { key, size, read } of objects) {
    await store.put(key, await read());
    const arrived = await store.head(key);
    if (arrived?.size !== size) {
      throw new DiptychError(
        'index_unreadable',
        `${key}: ${size} bytes were uploaded, the store has ${arrived?.size ?? 'none'}`,
      );
    }
    done += size;
    onProgress(done, total);
  }
  await activate(store, collection, manifest.version);
  return { ...published, published: true, objects: objects.length, bytes: total };
}

/**
 * Everything that an edge reads of a version and its model, but the pointer.
 *
 * @throws DiptychError `model_mismatch` when the version was built with another model
 */
export async function objectsOf(
  { manifest, objects }: VersionFolder,
  modelDir: string,
): Promise<PublishedObject[]> {
  await checkModel(manifest, modelDir);
  return [...objects(), ...(await modelObjects(modelDir, manifest.model.hash))];
}

/** Bytes of the pointer `active.json`. */
export function pointerTo(version: string): Buffer {
  return Buffer.from(JSON.stringify({ version }));
}

/** Move the pointer of a collection to a version that was published before. */
export async function rollBack(
  store: ObjectStore,
  collection: string,
  version: string,
): Promise<void> {
  if (!(await store.head(versionKey(collection, version, 'manifest.json')))) {
    const known = await publishedVersions(store, collection);
    throw new DiptychError(
      'not_found',
      `collection ${collection} has no version ${version}; published: ${known.join(', ') || 'none'}`,
    );
  }
  await activate(store, collection, version);
}

/** Versions of a collection whose upload was finished. */
export async function publishedVersions(
  store: ObjectStore,
  collection: string,
): Promise<readonly string[]> {
  const objects = await store.list(`collections/${collection}/`);
  return objects.flatMap(({ key }) => (key.endsWith('/manifest.json') ? [key.split('/')[2]] : []));
}

/** Move the pointer; false if it pointed there already. */
async function activate(
  store: ObjectStore,
  collection: string,
  version: string,
): Promise<boolean> {
  const pointer = pointerTo(version);
  const before = await store.get(activeKey(collection));
  if (before && pointer.equals(before)) return false;
  await store.put(activeKey(collection), pointer);
  return true;
}

/** The manifest goes up last, so where it is, everything is. */
async function isComplete(store: ObjectStore, manifest: Manifest): Promise<boolean> {
  const keys = [
    versionKey(manifest.collection, manifest.version, 'manifest.json'),
    modelKey(manifest.model.hash, 'model.json'),
  ];
  const heads = await Promise.all(keys.map((key) => store.head(key)));
  return heads.every((head) => head !== null);
}

async function checkModel(manifest: Manifest, modelDir: string): Promise<void> {
  const hash = await hashModel(await readModelFiles(modelDir));
  if (hash === manifest.model.hash) return;
  throw new DiptychError(
    'model_mismatch',
    `index ${manifest.version} was built with model ${manifest.model.id} (${manifest.model.hash}), ` +
      `${modelDir} is ${hash}: encode and index again, or name the model it was built with`,
  );
}

export interface PublishedObject {
  readonly key: string;
  readonly size: number;
  read(): Promise<Uint8Array>;
}

/** The description goes up last, as the manifest does. */
async function modelObjects(modelDir: string, hash: string): Promise<PublishedObject[]> {
  const { text, image, description } = await edgeWeights(modelDir);
  const tokenizer = await readFile(join(modelDir, 'tokenizer.json'));
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const model = {
    ...description,
    hash,
    files: {
      'text.bin': { bytes: text.length, sha256: sha256(text) },
      'image.bin': { bytes: image.length, sha256: sha256(image) },
      'tokenizer.json': { bytes: tokenizer.length, sha256: sha256(tokenizer) },
    },
  };
  const object = (name: string, bytes: Uint8Array): PublishedObject => ({
    key: modelKey(hash, name),
    size: bytes.length,
    read: async () => bytes,
  });
  return [
    object('text.bin', text),
    object('image.bin', image),
    object('tokenizer.json', tokenizer),
    object('model.json', Buffer.from(JSON.stringify(model))),
  ];
}
