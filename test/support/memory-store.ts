import { checkKey } from '../../src/objects/check-key.ts';
import { checkRange } from '../../src/objects/check-range.ts';
import type { ObjectStore } from '../../src/objects/object-store.ts';

interface StoredBytes {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly uploaded: Date;
}

export interface MemoryStore extends ObjectStore {
  /** The stored objects, which a test may change. */
  readonly objects: Map<string, StoredBytes>;
}

/** Keep objects in memory. @param now - clock for the times of objects, milliseconds */
export function memoryStore(now: () => number = Date.now): MemoryStore {
  const objects = new Map<string, StoredBytes>();
  let writes = 0;
  return {
    objects,
    async get(key, { range } = {}) {
      const bytes = objects.get(checkKey(key))?.bytes;
      if (!bytes || !range) return bytes?.slice() ?? null;
      checkRange(key, range, bytes.length);
      return bytes.slice(range.offset, range.offset + range.length);
    },
    async head(key) {
      const found = objects.get(checkKey(key));
      return found ? { size: found.bytes.length, etag: found.etag } : null;
    },
    async put(key, bytes, condition) {
      const etag = objects.get(checkKey(key))?.etag;
      if (condition?.ifNone && etag !== undefined) return null;
      if (condition?.ifEtag !== undefined && etag !== condition.ifEtag) return null;
      writes += 1;
      const written = { bytes: bytes.slice(), etag: `w${writes}`, uploaded: new Date(now()) };
      objects.set(key, written);
      return { etag: written.etag };
    },
    async list(prefix) {
      return [...objects]
        .filter(([key]) => key.startsWith(prefix))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, { bytes, uploaded }]) => ({ key, size: bytes.length, uploaded }));
    },
    async delete(key) {
      objects.delete(checkKey(key));
    },
    async close() {},
  };
}

/** Flip a bit of an object. @param at - the byte; by default the one in the middle */
export async function flipBit(store: ObjectStore, key: string, at?: number): Promise<void> {
  const bytes = (await store.get(key))!;
  bytes[at ?? bytes.length >> 1] ^= 1;
  await store.put(key, bytes);
}
