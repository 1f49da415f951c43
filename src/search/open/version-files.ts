import { versionKey } from '../../version/keys.ts';
import { parseManifest, type Manifest } from '../../version/manifest.ts';
import type { FileSource } from './file-source.ts';
import { readListed, readUnlistedText, unreadable, type ReadOptions } from './read-file.ts';

/**
 * The files of an index version in a bucket, a store or a folder. Everything that opens a version
 * reads it through this interface. A file that is missing, or differs from the manifest in size or
 * checksum, is an error.
 */
export interface VersionFiles {
  readonly manifest: Manifest;
  /** The place of a file, for messages. */
  key(name: string): string;
  /**
   * The size of a file, bytes.
   *
   * @throws DiptychError index_unreadable when the manifest lacks the file
   */
  size(name: string): number;
  /**
   * Read a file into new memory, or into `options.target`.
   *
   * @throws DiptychError index_unreadable
   */
  read(name: string, options?: ReadOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** Read a text file. @throws DiptychError index_unreadable */
  text(name: string): Promise<string>;
}

/**
 * Give access to the files that a manifest lists.
 *
 * @param keyOf - gives the place of a file in the source
 */
export function versionFiles(
  source: FileSource,
  manifest: Manifest,
  keyOf: (name: string) => string = (name) =>
    versionKey(manifest.collection, manifest.version, name),
): VersionFiles {
  const entryOf = (name: string) => {
    const entry = manifest.files[name];
    if (entry) return entry;
    throw unreadable(keyOf('manifest.json'), `files: expected ${name}, got none`);
  };
  const read = async (name: string, options?: ReadOptions) =>
    readListed(source, keyOf(name), entryOf(name), options);
  return {
    manifest,
    key: keyOf,
    size: (name) => entryOf(name).bytes,
    read,
    text: async (name) => new TextDecoder().decode(await read(name)),
  };
}

/**
 * Read the manifest of a version in a bucket or a store.
 *
 * @returns null where there is no manifest
 * @throws DiptychError index_unreadable when it is damaged, or belongs to another version
 */
export async function readManifest(
  source: FileSource,
  collection: string,
  version: string,
): Promise<Manifest | null> {
  const key = versionKey(collection, version, 'manifest.json');
  const json = await readUnlistedText(source, key);
  if (json === null) return null;
  const manifest = parseManifest(key, json);
  if (manifest.collection === collection && manifest.version === version) return manifest;
  throw unreadable(
    key,
    `expected collection ${collection}, version ${version}, got ${manifest.collection}, ${manifest.version}`,
  );
}
