import { plainVectorFile, type VectorKind, versionKey } from '../../src/version/keys.ts';
import type { Manifest } from '../../src/artifact/manifest.ts';
import { DiptychError } from '../../src/errors.ts';
import type { VersionFolder } from './read-version.ts';
import { uploadVectors, type TransferOptions } from './upload-vectors.ts';
import type { VectorizeUploader } from './vectorize-uploader.ts';

/** Where the vectors of versions go that are searched by Vectorize. */
export interface VectorizeTarget extends TransferOptions {
  readonly index: VectorizeUploader;
}

/**
 * Put the vectors of a version where it says that they are searched.
 *
 * @returns vectors that were sent
 * @throws DiptychError invalid_option, index_unreadable, or what uploadVectors throws
 */
export async function publishVectors(
  version: VersionFolder,
  target?: VectorizeTarget,
): Promise<number> {
  const { manifest } = version;
  checkTarget(manifest, target);
  if (!target) return 0;
  const vectors = {
    image: await readVectors(version, 'image'),
    caption: await readVectors(version, 'caption'),
  };
  return uploadVectors(target.index, manifest, vectors, target);
}

/** A version in Vectorize needs an index there; no other takes one. @throws DiptychError invalid_option */
export function checkTarget(
  { collection, version, vectors }: Manifest,
  target?: VectorizeTarget,
): void {
  if ((vectors === 'vectorize') === (target !== undefined)) return;
  const what = `vectorize: ${collection} ${version} was indexed with --vectors ${vectors}`;
  throw new DiptychError(
    'invalid_option',
    target
      ? `${what}: expected no index, got ${target.index.name}`
      : `${what}: expected an index (--vectorize NAME)`,
  );
}

async function readVectors(
  { manifest, objects }: VersionFolder,
  kind: VectorKind,
): Promise<Float32Array> {
  const { collection, version, model } = manifest;
  const key = versionKey(collection, version, plainVectorFile(kind));
  const bytes = await objects()
    .find((object) => object.key === key)
    ?.read();
  const expected = 4 * manifest[kind].count * model.embedDim;
  if (bytes?.length !== expected) {
    const got = bytes?.length ?? 'none';
    throw new DiptychError('index_unreadable', `${key}: expected ${expected} bytes, got ${got}`);
  }
  const vectors = new Float32Array(expected / 4);
  new Uint8Array(vectors.buffer).set(bytes);
  return vectors;
}
