import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Manifest } from '../../../src/version/manifest.ts';
import { sha256Hex } from '../../common/sha256-hex.ts';
import { fileEntry } from '../../common/stage-files.ts';
import { namingFile } from '../../common/system-error.ts';

/** Writes the files of a version and keeps their sizes and checksums for the manifest. */
export interface VersionWriter {
  write(name: string, content: Uint8Array | string): Promise<void>;
  /** Note a file that somebody else has written. */
  add(name: string): Promise<void>;
  written(): Manifest['files'];
}

export function createVersionWriter(dir: string): VersionWriter {
  const files: Manifest['files'] = {};
  return {
    async write(name, content) {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      const path = join(dir, name);
      await mkdir(dirname(path), { recursive: true });
      await namingFile(path, () => writeFile(path, bytes));
      const sha256 = sha256Hex(bytes);
      files[name] = { bytes: bytes.byteLength, sha256 };
    },
    async add(name) {
      files[name] = await fileEntry(join(dir, name));
    },
    written: () => ({ ...files }),
  };
}
