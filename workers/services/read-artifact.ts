import { DiptychError } from '../../src/errors.ts';

/** Bytes that are copied at a time: one buffer of this size serves a whole file. */
const chunkBytes = 1024 * 1024;

/**
 * Stream an object of R2 into memory that is already there.
 *
 * @param target - exactly as long as the object should be
 * @throws DiptychError index_unreadable when the object is missing or of another length
 */
export async function readInto(bucket: R2Bucket, key: string, target: Uint8Array): Promise<void> {
  const object = await getObject(bucket, key);
  if (object.size !== target.byteLength) {
    await object.body.cancel();
    throw unreadable(key, `expected ${target.byteLength} bytes, got ${object.size}`);
  }
  const reader = object.body.getReader({ mode: 'byob' });
  let buffer = new ArrayBuffer(Math.min(chunkBytes, Math.max(1, target.byteLength)));
  let at = 0;
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(buffer), {
      min: buffer.byteLength,
    });
    if (value) {
      if (at + value.byteLength > target.byteLength) break;
      target.set(value, at);
      at += value.byteLength;
      buffer = value.buffer;
    }
    if (done) break;
  }
  if (at !== target.byteLength) {
    throw unreadable(key, `expected ${target.byteLength} bytes, the stream ended at ${at}`);
  }
}

/**
 * Read a small object and check it against the manifest.
 *
 * @throws DiptychError index_unreadable
 */
export async function readChecked(
  bucket: R2Bucket,
  key: string,
  expected: { readonly bytes: number; readonly sha256: string },
): Promise<string> {
  const bytes = new Uint8Array(expected.bytes);
  await readInto(bucket, key, bytes);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  if (sha256 !== expected.sha256) {
    throw unreadable(key, `expected SHA-256 ${expected.sha256}, got ${sha256}`);
  }
  return new TextDecoder().decode(bytes);
}

/**
 * Read an object of JSON.
 *
 * @throws DiptychError index_unreadable
 */
export async function readJson(bucket: R2Bucket, key: string): Promise<unknown> {
  const object = await getObject(bucket, key);
  try {
    return await object.json();
  } catch (cause) {
    throw unreadable(key, 'expected JSON', cause);
  }
}

async function getObject(bucket: R2Bucket, key: string): Promise<R2ObjectBody> {
  const object = await bucket.get(key);
  if (object) return object;
  throw unreadable(key, 'expected an object, got none');
}

function unreadable(key: string, what: string, cause?: unknown): DiptychError {
  return new DiptychError('index_unreadable', `${key}: ${what}`, { key }, { cause });
}
