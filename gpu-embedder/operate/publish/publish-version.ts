import { DiptychError } from '../../../src/errors.ts';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import { readPointer } from '../../../src/version/move-pointer.ts';
import { checkCollectionName } from '../../../src/version/collection-name.ts';
import { nothingToPublish } from '../../index/version/build-version.ts';
import { sayWhatEncodes } from '../../index/version/say-what-encodes.ts';
import { activateVersion } from './activate-version.ts';
import { publishVectors, type VectorizeTarget } from '../vectorize/publish-vectors.ts';
import { checkModel } from './published-objects.ts';
import { readVersion } from './read-version.ts';
import { uploadVersion, type UploadResult } from './upload-version.ts';
import type { VerifyOptions } from './verify-version.ts';

export interface PublishResult extends UploadResult {
  readonly collection: string;
  readonly version: string;
  /** False if the version was already active. */
  readonly published: boolean;
  /** Number of vectors that were sent to Vectorize. */
  readonly vectors: number;
}

/**
 * Upload an index version and the edge form of its model, verify the uploaded files, then make the
 * version active. A file in the store that was damaged since an earlier upload is uploaded again. If
 * several publishers of different versions began with the same pointer, one wins
 * and the others fail. Objects that the store has already are not uploaded again.
 *
 * @param target - index of a version whose vectors are in Vectorize; other versions have none
 * @throws DiptychError `bad_request` (the name of the collection), `nothing_to_publish`,
 *   `index_unreadable` (a checksum
 *   differs), `model_mismatch`, `invalid_option`, `publish_conflict`, `below_minimum`,
 *   `store_failed`, `vectorize_limit`, `vectorize_failed`
 */
export async function publishVersion(
  store: ObjectStore,
  versionDir: string,
  modelDir: string,
  onProgress: (bytes: number, total: number) => void = () => {},
  target?: VectorizeTarget,
  options: VerifyOptions = {},
): Promise<PublishResult> {
  const folder = await readVersion(versionDir);
  const { collection, version, counts } = folder.manifest;
  checkCollectionName(collection);
  if (counts.items === 0) throw nothingToPublish(collection);
  await checkModel(folder.manifest, modelDir);
  const seen = await readPointer(store, collection);
  sayWhatEncodes(folder.manifest);
  const vectors = await publishVectors(folder, target);
  const activate = () => activateVersion(store, seen, version, options);
  const about = { collection, version, vectors };
  const uploaded = await uploadVersion(store, folder, modelDir, onProgress);
  try {
    return { ...about, published: await activate(), ...uploaded };
  } catch (error) {
    if (!(error instanceof DiptychError) || error.code !== 'index_unreadable') throw error;
    // An earlier upload was complete, and was damaged since.
    const again = await uploadVersion(store, folder, modelDir, onProgress, true);
    if (again.objects === 0) throw error;
    process.stderr.write(`${error.message}: ${again.objects} objects uploaded again\n`);
    const objects = uploaded.objects + again.objects;
    const bytes = uploaded.bytes + again.bytes;
    return { ...about, published: await activate(), objects, bytes };
  }
}
