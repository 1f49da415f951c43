import { createHash } from 'node:crypto';
import { DiptychError } from '../../src/errors.ts';
import type { ObjectStore } from '../../src/objects/object-store.ts';

/** Bytes of an object that are held at a time. */
const chunkBytes = 16 * 1024 * 1024;

/**
 * Read an object back and hash it.
 *
 * @param size - bytes that it should have
 * @returns SHA-256 in hex
 * @throws DiptychError index_unreadable when it is missing or of another size
 */
export async function storedSha256(store: ObjectStore, key: string, size: number): Promise<string> {
  const head = await store.head(key);
  if (head?.size !== size) {
    throw new DiptychError(
      'index_unreadable',
      `${key}: expected ${size} bytes, the store has ${head?.size ?? 'none'}`,
      { key },
    );
  }
  const hash = createHash('sha256');
  for (let offset = 0; offset < size; offset += chunkBytes) {
    const range = { offset, length: Math.min(chunkBytes, size - offset) };
    hash.update((await store.get(key, { range })) ?? '');
  }
  return hash.digest('hex');
}
