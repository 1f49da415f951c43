import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import pMap from 'p-map';
import { checkKey } from '../../../src/objects/check-key.ts';
import { checkRange } from '../../../src/objects/check-range.ts';
import type {
  ByteRange,
  ObjectEntry,
  ObjectStore,
  PutCondition,
} from '../../../src/objects/object-store.ts';
import { orFailure } from '../../../src/objects/store-failure.ts';
import { linked, withFileLock } from '../../common/file-lock.ts';

/** Files that are not objects: unfinished writes and locks. */
const aside = /\.(partial|lock)$/;
/** Number of files that `list` examines at the same time. */
const concurrency = 16;

/** Keep objects as files below a folder; a key is a relative path with `/`. */
export function folderStore(root: string): ObjectStore {
  const path = (key: string): string => join(root, checkKey(key));
  return {
    get: async (key, { range } = {}) =>
      orNull(range ? readRange(path(key), key, range) : readFile(path(key))),
    head: async (key) => {
      const found = await fileInfo(path(key));
      return found && { size: found.size, etag: found.etag };
    },
    put: (key, bytes, condition) =>
      orFailure(key, () => putFile(path(key), bytes, condition), false),
    list: (prefix) => listFiles(root, prefix),
    delete: async (key) => rm(path(key), { force: true }),
    close: async () => {},
  };
}

async function readRange(file: string, key: string, range: ByteRange): Promise<Uint8Array> {
  const opened = await open(file);
  try {
    checkRange(key, range, (await opened.stat()).size);
    const bytes = new Uint8Array(range.length);
    const { bytesRead } = await opened.read(bytes, 0, range.length, range.offset);
    checkRange(key, range, range.offset + bytesRead);
    return bytes;
  } finally {
    await opened.close();
  }
}

/** Write a file beside the object, then rename it: a reader never finds half an object. */
async function putFile(
  file: string,
  bytes: Uint8Array,
  condition?: PutCondition,
): Promise<{ readonly etag: string } | null> {
  await mkdir(dirname(file), { recursive: true });
  const partial = `${file}.${randomUUID()}.partial`;
  try {
    await writeFile(partial, bytes);
    const written = await fileInfo(partial);
    const isMoved = await move(partial, file, condition);
    return isMoved ? { etag: written!.etag } : null;
  } finally {
    await rm(partial, { force: true });
  }
}

async function move(partial: string, file: string, condition?: PutCondition): Promise<boolean> {
  if (condition?.ifNone) return linked(partial, file);
  if (!condition) {
    await rename(partial, file);
    return true;
  }
  return withFileLock(`${file}.lock`, { command: 'diptych, writing an object' }, async () => {
    if ((await fileInfo(file))?.etag !== condition.ifEtag) return false;
    await rename(partial, file);
    return true;
  });
}

interface FileInfo {
  readonly size: number;
  readonly etag: string;
  readonly modified: Date;
}

/** Read size and tag of a file. Every write makes a new file, so inode, size and time identify it. */
async function fileInfo(file: string): Promise<FileInfo | null> {
  const found = await orNull(stat(file, { bigint: true }));
  if (!found?.isFile()) return null;
  const { ino, size, mtimeNs, mtime } = found;
  const etag = [ino, size, mtimeNs].map((part) => part.toString(36)).join('-');
  return { size: Number(size), etag, modified: mtime };
}

async function listFiles(root: string, prefix: string): Promise<ObjectEntry[]> {
  const folder = join(root, prefix.slice(0, prefix.lastIndexOf('/') + 1));
  const entries = await orNull(readdir(folder, { recursive: true, withFileTypes: true }));
  const keys = (entries ?? [])
    .filter((entry) => entry.isFile() && !aside.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((key) => key.startsWith(prefix))
    .sort();
  const found = await pMap(
    keys,
    async (key) => {
      // Another process may have deleted the file since.
      const info = await fileInfo(join(root, key));
      return info ? [{ key, size: info.size, uploaded: info.modified }] : [];
    },
    { concurrency },
  );
  return found.flat();
}

/** Return null for a missing file; rethrow every other failure. */
async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
