import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { DiptychError } from '../../src/errors.ts';
import { checkListed, checkSize, type FileEntry } from '../../src/search/open/read-file.ts';
import { diskSource } from './disk-source.ts';

const entrySchema: z.ZodType<FileEntry> = z.object({
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits of SHA-256'),
});

/** Sizes and checksums of the files of a stage, in its manifest: the next stage checks them. */
export const stageFilesSchema = z.record(z.string(), entrySchema);

export type StageFiles = z.infer<typeof stageFilesSchema>;

/** Makes the error of a stage for a file that is not as its manifest says. */
type Fail = (problem: string, cause: unknown) => DiptychError;

/** Hash a file for the manifest of its stage. */
export async function fileEntry(path: string): Promise<FileEntry> {
  const hash = createHash('sha256');
  const stream = createReadStream(path, { highWaterMark: 1 << 20 });
  await pipeline(stream, hash);
  return { bytes: stream.bytesRead, sha256: hash.digest('hex') };
}

/** Check that a file is the one that the manifest of its stage lists. It is read once. */
export async function checkStageFile(
  dir: string,
  name: string,
  expected: FileEntry,
  fail: Fail,
): Promise<void> {
  const check = checkListed(diskSource, join(dir, name), expected, createHash('sha256'));
  await check.catch((error: unknown) => refuse(error, fail));
}

/** Read a file into memory, and check it in the same way. It may be larger than 2 GB. */
export async function readStageFile(
  dir: string,
  name: string,
  expected: FileEntry,
  fail: Fail,
): Promise<Uint8Array<ArrayBuffer>> {
  const path = join(dir, name);
  // An absurd size in a manifest must not become memory.
  await checkSize(diskSource, path, expected.bytes).catch((error: unknown) => refuse(error, fail));
  const bytes = new Uint8Array(expected.bytes);
  const hash = createHash('sha256');
  let at = 0;
  const copying = {
    update(chunk: Uint8Array) {
      hash.update(chunk);
      bytes.set(chunk, at);
      at += chunk.byteLength;
    },
    digest: () => hash.digest('hex'),
  };
  const check = checkListed(diskSource, path, expected, copying);
  await check.catch((error: unknown) => refuse(error, fail));
  return bytes;
}

function refuse(error: unknown, fail: Fail): never {
  if (!(error instanceof DiptychError)) throw error;
  throw fail(error.message, error);
}
