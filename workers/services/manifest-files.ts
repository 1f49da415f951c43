import { versionKey } from '../../src/version/keys.ts';
import { parseManifest, type Manifest } from '../../src/artifact/manifest.ts';
import { DiptychError } from '../../src/errors.ts';
import type { ArtifactBucket } from './artifact-bucket.ts';
import { readText, type FileEntry } from './read-artifact.ts';

/** Read the manifest of a version. @throws DiptychError index_unreadable */
export async function readManifest(
  bucket: ArtifactBucket,
  collection: string,
  version: string,
): Promise<Manifest> {
  const key = versionKey(collection, version, 'manifest.json');
  const manifest = parseManifest(key, await readText(bucket, key));
  if (manifest.collection === collection && manifest.version === version) return manifest;
  throw new DiptychError(
    'index_unreadable',
    `${key}: expected collection ${collection}, version ${version}, got ${manifest.collection}, ${manifest.version}`,
    { key },
  );
}

/** Key of a file of a version and what the manifest says of it. @throws DiptychError index_unreadable */
export function fileOf(
  { collection, version, files }: Manifest,
  name: string,
): FileEntry & { readonly key: string } {
  const entry = files[name];
  if (entry) return { key: versionKey(collection, version, name), ...entry };
  const key = versionKey(collection, version, 'manifest.json');
  throw new DiptychError('index_unreadable', `${key}: files: expected ${name}, got none`);
}

/** @throws DiptychError index_unreadable */
export function checkCount(what: string, got: number, expected: number): void {
  if (got === expected) return;
  const message = `${what}: expected ${expected} entries as the manifest says, got ${got}`;
  throw new DiptychError('index_unreadable', message, { expected, got });
}
