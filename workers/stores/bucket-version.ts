import { versionKey } from '../../src/version/keys.ts';
import type { Manifest } from '../../src/version/manifest.ts';
import { missingFile } from '../../src/search/open/read-file.ts';
import {
  readManifest,
  versionFiles,
  type VersionFiles,
} from '../../src/search/open/version-files.ts';
import type { ArtifactBucket } from './artifact-bucket.ts';
import { bucketSource } from './bucket-source.ts';

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

/** The files of a version in a bucket. */
export function bucketVersion(bucket: ArtifactBucket, manifest: Manifest): VersionFiles {
  return versionFiles(bucketSource(bucket), manifest);
}
