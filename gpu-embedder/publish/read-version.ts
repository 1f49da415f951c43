import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseManifest, type Manifest } from '../../src/artifact/manifest.ts';
import { DiptychError } from '../../src/errors.ts';
import { versionKey } from '../../src/version/keys.ts';
import { sha256Hex } from '../sha256-hex.ts';
import type { PublishedObject } from './published-objects.ts';

export interface VersionFolder {
  readonly manifest: Manifest;
  /** What is uploaded, the manifest last; reading one checks it against the manifest. */
  objects(): PublishedObject[];
}

/** Open an index version folder. @throws DiptychError `not_prepared`, `index_unreadable` */
export async function readVersion(dir: string): Promise<VersionFolder> {
  const path = join(dir, 'manifest.json');
  if (!existsSync(path)) {
    throw new DiptychError('not_prepared', `${dir}: no index version here; run diptych index`);
  }
  const bytes = await readFile(path);
  const manifest = parseManifest(path, bytes.toString('utf8'));
  const key = (file: string) => versionKey(manifest.collection, manifest.version, file);
  const file = (name: string, size: number, sha256: string): PublishedObject => ({
    key: key(name),
    size,
    sha256,
    read: async () => {
      const content = await readFile(join(dir, name));
      const got = sha256Hex(content);
      if (got !== sha256) {
        throw new DiptychError(
          'index_unreadable',
          `${join(dir, name)}: expected SHA-256 ${sha256}, got ${got}`,
        );
      }
      return content;
    },
  });
  return {
    manifest,
    objects: () => [
      ...Object.entries(manifest.files).map(([name, { bytes: size, sha256 }]) =>
        file(name, size, sha256),
      ),
      {
        key: key('manifest.json'),
        size: bytes.length,
        sha256: sha256Hex(bytes),
        read: async () => bytes,
      },
    ],
  };
}
