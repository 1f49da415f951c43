import type { ManifestOutline } from '../../../src/version/manifest.ts';
import { DiptychError } from '../../../src/errors.ts';
import type { VersionFiles } from '../../../src/search/open/version-files.ts';
import { readPlainVectors } from './read-plain-vectors.ts';
import { uploadVectors, type TransferOptions } from './upload-vectors.ts';
import type { VectorizeUploader } from './vectorize-uploader.ts';

/** The Vectorize index for the vectors of a version, and how to send them. */
export interface VectorizeTarget extends TransferOptions {
  readonly index: VectorizeUploader;
}

/**
 * Upload the vectors of a version if its manifest says that Vectorize searches them.
 *
 * @returns number of vectors that were sent
 * @throws DiptychError invalid_option, index_unreadable, or what uploadVectors throws
 */
export async function publishVectors(
  files: VersionFiles,
  target?: VectorizeTarget,
): Promise<number> {
  const { manifest } = files;
  checkTarget(manifest, target);
  if (!target) return 0;
  const vectors = {
    image: await readPlainVectors(files, 'image'),
    caption: await readPlainVectors(files, 'caption'),
  };
  return uploadVectors(target.index, manifest, vectors, target);
}

/** Check that a target is given exactly if the version needs one. @throws DiptychError invalid_option */
export function checkTarget(
  { collection, version, vectors }: ManifestOutline,
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
