import { sha256 } from '../../version/sha256.ts';
import { DiptychError } from '../../errors.ts';
import type { FileSource, OpenFile } from './file-source.ts';

/** The entry of a file in a manifest or in the description of a model. */
export interface FileEntry {
  readonly bytes: number;
  /** In lower-case hex. */
  readonly sha256: string;
}

export interface ReadOptions {
  /** Memory of exactly the size of the file, which is read into it; new memory by default. */
  readonly target?: Uint8Array<ArrayBuffer>;
  /** Whether the format has checksums of its own, which the caller verifies; false by default. */
  readonly hasOwnChecksum?: boolean;
}

/** An incremental SHA-256, such as `createHash('sha256')` of Node. */
export interface Sha256 {
  update(chunk: Uint8Array): unknown;
  digest(encoding: 'hex'): string;
}

/**
 * Read a file and check that its size and its checksum are those of its entry.
 *
 * @throws DiptychError index_unreadable when the file is missing or has another size or checksum;
 *   or what the source throws
 */
export async function readListed(
  source: FileSource,
  key: string,
  expected: FileEntry,
  { target = new Uint8Array(expected.bytes), hasOwnChecksum = false }: ReadOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  await streamFile(source, key, expected.bytes, (chunk, at) => target.set(chunk, at));
  if (source.hashesAll || !hasOwnChecksum) checkHash(key, expected, await sha256(target));
  return target;
}

/**
 * Check a file in the same way, but do not keep its content.
 *
 * @throws DiptychError as `readListed`
 */
export async function checkListed(
  source: FileSource,
  key: string,
  expected: FileEntry,
  hash: Sha256,
): Promise<void> {
  await streamFile(source, key, expected.bytes, (chunk) => hash.update(chunk));
  checkHash(key, expected, hash.digest('hex'));
}

/** Check the size of a file without reading it. @throws DiptychError as `readListed` */
export async function checkSize(source: FileSource, key: string, bytes: number): Promise<void> {
  await (await openSized(source, key, bytes)).cancel?.();
}

/**
 * Read a text file that has no entry, such as a manifest.
 *
 * @returns null where there is no such file
 * @throws DiptychError index_unreadable, or what the source throws
 */
export async function readUnlistedText(source: FileSource, key: string): Promise<string | null> {
  const file = await source.open(key);
  if (!file) return null;
  const bytes = new Uint8Array(file.size);
  await streamChunks(key, file.chunks, file.size, (chunk, at) => bytes.set(chunk, at));
  return new TextDecoder().decode(bytes);
}

export function missingFile(key: string): DiptychError {
  return unreadable(key, 'expected an object, got none');
}

export function unreadable(key: string, what: string, cause?: unknown): DiptychError {
  return new DiptychError('index_unreadable', `${key}: ${what}`, { key }, { cause });
}

type OnChunk = (chunk: Uint8Array, at: number) => void;

async function streamFile(
  source: FileSource,
  key: string,
  bytes: number,
  onChunk: OnChunk,
): Promise<void> {
  const { chunks } = await openSized(source, key, bytes);
  await streamChunks(key, chunks, bytes, onChunk);
}

async function openSized(source: FileSource, key: string, bytes: number): Promise<OpenFile> {
  const file = await source.open(key);
  if (!file) throw missingFile(key);
  if (file.size === bytes) return file;
  await file.cancel?.();
  throw unreadable(key, `expected ${bytes} bytes, got ${file.size}`);
}

async function streamChunks(
  key: string,
  chunks: AsyncIterable<Uint8Array>,
  bytes: number,
  onChunk: OnChunk,
): Promise<void> {
  let at = 0;
  try {
    for await (const chunk of chunks) {
      if (at + chunk.byteLength <= bytes) onChunk(chunk, at);
      at += chunk.byteLength;
      if (at > bytes) break;
    }
  } catch (cause) {
    // A store that fails may answer later, and its error says so: keep it as it is.
    if (cause instanceof DiptychError && cause.code !== 'range_not_satisfiable') throw cause;
    throw unreadable(key, `expected ${bytes} bytes, reading broke off at ${at}`, cause);
  }
  if (at < bytes) throw unreadable(key, `expected ${bytes} bytes, the stream ended at ${at}`);
  if (at > bytes) throw unreadable(key, `expected ${bytes} bytes, the stream goes on`);
}

function checkHash(key: string, expected: FileEntry, got: string): void {
  if (got === expected.sha256) return;
  throw unreadable(key, `expected SHA-256 ${expected.sha256}, got ${got}`);
}
