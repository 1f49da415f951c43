import { versionKey } from '../../src/version/keys.ts';
import type { Manifest } from '../../src/version/manifest.ts';
import type { FileSource } from '../../src/search/open/file-source.ts';
import { missingFile } from '../../src/search/open/read-file.ts';
import {
  readManifest,
  versionFiles,
  type VersionFiles,
} from '../../src/search/open/version-files.ts';
import type { ArtifactBucket } from './artifact-bucket.ts';
import { readChunks } from './read-chunks.ts';

/** Bytes that are copied at a time: one buffer of this size serves a whole file. */
const chunkBytes = 1024 * 1024;

/** Stream the files of versions and models out of a bucket. */
export function bucketSource(bucket: ArtifactBucket): FileSource {
  return {
    hashesAll: false,
    async open(key) {
      const object = await bucket.get(key);
      if (!object) return null;
      const { size, body } = object;
      return {
        size,
        chunks: readChunks(body, Math.min(chunkBytes, size)),
        cancel: () => body.cancel(),
      };
    },
  };
}

/** Read the manifest of a version in a bucket. @throws DiptychError index_unreadable */
export async function bucketManifest(
  bucket: ArtifactBucket,
  collection: string,
  version: string,
): Promise<Manifest> {
  const manifest = await readManifest(bucketSource(bucket), collection, version);
  if (manifest) return manifest;
  throw missingFile(versionKey(collection, version, 'manifest.json'));
}

/** Open the files of a version in a bucket. */
export function bucketVersion(bucket: ArtifactBucket, manifest: Manifest): VersionFiles {
  return versionFiles(bucketSource(bucket), manifest);
}
