import { open, stat } from 'node:fs/promises';
import type { FileSource } from '../../src/search/open/file-source.ts';
import { unreadable } from '../../src/search/open/read-file.ts';

/** Bytes that are read at a time, into one buffer for the whole file. */
const chunkBytes = 1024 * 1024;

/** Read the files of versions and models from disk; a key is a path. */
export const diskSource: FileSource = {
  hashesAll: true,
  async open(path) {
    const size = await fileSize(path);
    return size === null ? null : { size, chunks: readChunks(path) };
  },
};

async function fileSize(path: string): Promise<number | null> {
  try {
    const found = await stat(path);
    if (found.isFile()) return found.size;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw unreadable(path, String(cause), cause);
  }
  throw unreadable(path, 'expected a file, got something else');
}

async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    const buffer = new Uint8Array(chunkBytes);
    for (;;) {
      const { bytesRead } = await file.read(buffer);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
