import { readFile } from 'node:fs/promises';
import type { VersionFiles } from '../../../src/search/open/version-files.ts';
import { openVersionFolder } from '../../common/open-version-folder.ts';
import { versionKey } from '../../../src/version/keys.ts';
import { sha256Hex } from '../../common/sha256-hex.ts';

/** An object to upload. */
export interface PublishedObject {
  readonly key: string;
  readonly size: number;
  readonly sha256: string;
  read(): Promise<Uint8Array>;
}

export interface VersionFolder extends VersionFiles {
  /** List the objects to upload, the manifest last. Reading one checks it against the manifest. */
  objects(): PublishedObject[];
}

/**
 * Open the folder of an index version for upload.
 *
 * @throws DiptychError not_prepared (no version there), index_unreadable
 */
export async function readVersion(dir: string): Promise<VersionFolder> {
  const files = await openVersionFolder(dir);
  const { collection, version, files: listed } = files.manifest;
  const bytes = await readFile(files.key('manifest.json'));
  const key = (name: string) => versionKey(collection, version, name);
  return {
    ...files,
    objects: () => [
      ...Object.entries(listed).map(([name, { bytes: size, sha256 }]) => ({
        ...{ key: key(name), size, sha256 },
        read: () => files.read(name),
      })),
      {
        key: key('manifest.json'),
        size: bytes.length,
        sha256: sha256Hex(bytes),
        read: async () => bytes,
      },
    ],
  };
}
