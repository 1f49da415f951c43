import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { FileEntry } from '../../src/search/open/read-file.ts';
import { namingFile } from './system-error.ts';

/** A new file that is written in order; its size and its checksum are known at the end. */
export interface HashedFile {
  write(data: string | Uint8Array): Promise<void>;
  finish(): Promise<FileEntry>;
  /** Stop writing, and wait until the file is closed; it may be removed then. */
  abort(): Promise<void>;
}

/** Create a file, or empty the one that is there. Every failure names it. */
export function hashedFile(path: string): HashedFile {
  const hash = createHash('sha256');
  const stream = createWriteStream(path);
  let failure: Error | undefined;
  stream.on('error', (error) => (failure ??= error));
  return {
    write: (data) =>
      namingFile(path, async () => {
        if (failure !== undefined) throw failure;
        hash.update(data);
        if (!stream.write(data)) await once(stream, 'drain');
      }),
    finish: () =>
      namingFile(path, async () => {
        stream.end();
        await finished(stream);
        return { bytes: stream.bytesWritten, sha256: hash.digest('hex') };
      }),
    async abort() {
      // A stream that is still opening would create its removed file again.
      if (!stream.closed) await new Promise<void>((done) => stream.once('close', done).destroy());
    },
  };
}
