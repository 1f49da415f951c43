import { sha256 } from '../../src/artifact/sha256.ts';
import { DiptychError } from '../../src/errors.ts';
import type { ArtifactBucket, StoredObject } from './artifact-bucket.ts';
import { readChunks } from './read-chunks.ts';

/** Bytes that are copied at a time: one buffer of this size serves a whole file. */
const chunkBytes = 1024 * 1024;

/**
 * Stream an object of the bucket into memory that is already there.
 *
 * @param target - exactly as long as the object should be
 * @throws DiptychError index_unreadable when the object is missing or of another length
 */
export async function readInto(
  bucket: ArtifactBucket,
  key: string,
  target: Uint8Array,
): Promise<void> {
  const object = await getObject(bucket, key);
  if (object.size !== target.byteLength) {
    await object.body.cancel();
    throw unreadable(key, `expected ${target.byteLength} bytes, got ${object.size}`);
  }
  let at = 0;
  try {
    for await (const chunk of readChunks(object.body, Math.min(chunkBytes, object.size))) {
      if (at + chunk.byteLength <= target.byteLength) target.set(chunk, at);
      at += chunk.byteLength;
      if (at > target.byteLength) break;
    }
  } catch (cause) {
    throw unreadable(key, `expected ${target.byteLength} bytes, reading broke off at ${at}`, cause);
  }
  if (at < target.byteLength) {
    throw unreadable(key, `expected ${target.byteLength} bytes, the stream ended at ${at}`);
  }
  if (at > target.byteLength) {
    throw unreadable(key, `expected ${target.byteLength} bytes, the stream goes on`);
  }
}

/** What a manifest says of a file. */
export interface FileEntry {
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Read an object and check it against the manifest.
 *
 * @throws DiptychError index_unreadable
 */
export async function readChecked(
  bucket: ArtifactBucket,
  key: string,
  expected: FileEntry,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(expected.bytes);
  await readInto(bucket, key, bytes);
  const got = await sha256(bytes);
  if (got !== expected.sha256) {
    throw unreadable(key, `expected SHA-256 ${expected.sha256}, got ${got}`);
  }
  return bytes;
}

/** Read an object of text and check it likewise. */
export async function readCheckedText(
  bucket: ArtifactBucket,
  key: string,
  expected: FileEntry,
): Promise<string> {
  return new TextDecoder().decode(await readChecked(bucket, key, expected));
}

/** Read an object of text that nothing says the checksum of. @throws DiptychError index_unreadable */
export async function readText(bucket: ArtifactBucket, key: string): Promise<string> {
  return (await getObject(bucket, key)).text();
}

async function getObject(bucket: ArtifactBucket, key: string): Promise<StoredObject> {
  const object = await bucket.get(key);
  if (object) return object;
  throw unreadable(key, 'expected an object, got none');
}

function unreadable(key: string, what: string, cause?: unknown): DiptychError {
  return new DiptychError('index_unreadable', `${key}: ${what}`, { key }, { cause });
}
