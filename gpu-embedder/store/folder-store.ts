import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { DiptychError } from '../../src/errors.ts';
import type { ArtifactStore } from './artifact-store.ts';

/** Keep objects as files below a folder; a key is a relative path with `/`. */
export function folderStore(root: string): ArtifactStore {
  const path = (key: string): string => {
    const file = resolve(root, key);
    if (!file.startsWith(resolve(root) + sep)) {
      throw new DiptychError('bad_request', `key ${key} leaves the store`);
    }
    return file;
  };
  return {
    put: async (key, bytes) => {
      const file = path(key);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(`${file}.partial`, bytes);
      await rename(`${file}.partial`, file);
    },
    get: async (key) => orNull(readFile(path(key))),
    head: async (key) => {
      const found = await orNull(stat(path(key)));
      return found?.isFile() ? { size: found.size } : null;
    },
    list: async (prefix) => {
      const entries = await orNull(readdir(root, { recursive: true, withFileTypes: true }));
      return (entries ?? [])
        .filter((entry) => entry.isFile())
        .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
        .filter((key) => key.startsWith(prefix))
        .sort();
    },
    delete: (key) => rm(path(key), { force: true }),
    close: async () => {},
  };
}

/** What is not there is null; every other failure stays one. */
async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
