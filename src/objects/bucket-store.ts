import { checkKey } from './check-key.ts';
import { checkRange } from './check-range.ts';
import { orFailure } from './store-failure.ts';
import type { ObjectEntry, ObjectStore, PutCondition } from './object-store.ts';

/**
 * The part of an R2 bucket that the store uses: a binding of the worker, or Miniflare's local one.
 */
export interface Bucket {
  get(
    key: string,
    options?: { range: { offset: number; length: number } },
  ): Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | null>;
  head(key: string): Promise<{ size: number; etag: string } | null>;
  put(
    key: string,
    value: Uint8Array,
    options?: { onlyIf: BucketCondition },
  ): Promise<{ etag: string } | null>;
  list(options: { prefix: string; cursor?: string }): Promise<{
    objects: { key: string; size: number; uploaded: Date }[];
    truncated: boolean;
    cursor?: string;
  }>;
  delete(key: string): Promise<void>;
}

export interface BucketCondition {
  readonly etagMatches?: string;
  readonly etagDoesNotMatch?: string;
}

/** Use an R2 bucket as a store. R2 itself decides which of several conditional writes wins. */
export function bucketStore(bucket: Bucket): ObjectStore {
  return {
    async get(key, { range } = {}) {
      if (!range) return bytesOf(key, await orFailure(key, () => bucket.get(checkKey(key))));
      const found = await orFailure(key, () => bucket.head(checkKey(key)));
      if (!found) return null;
      checkRange(key, range, found.size);
      const bytes = await bytesOf(key, await orFailure(key, () => bucket.get(key, { range })));
      // Somebody may have written a shorter object since `head`.
      if (bytes) checkRange(key, range, range.offset + bytes.length);
      return bytes;
    },
    async head(key) {
      const found = await orFailure(key, () => bucket.head(checkKey(key)));
      return found && { size: found.size, etag: found.etag };
    },
    async put(key, bytes, condition) {
      const value = plain(bytes);
      const options = condition && { onlyIf: bucketCondition(condition) };
      const written = await orFailure(
        key,
        () => bucket.put(checkKey(key), value, options),
        !condition,
      );
      return written && { etag: written.etag };
    },
    async list(prefix) {
      const entries: ObjectEntry[] = [];
      let cursor: string | undefined;
      do {
        const options = cursor ? { prefix, cursor } : { prefix };
        const page = await orFailure(prefix, () => bucket.list(options));
        entries.push(...page.objects.map(({ key, size, uploaded }) => ({ key, size, uploaded })));
        cursor = page.truncated ? page.cursor : undefined;
      } while (cursor);
      return entries;
    },
    delete: async (key) => orFailure(key, () => bucket.delete(checkKey(key))),
    close: async () => {},
  };
}

export function bucketCondition({ ifNone, ifEtag }: PutCondition): BucketCondition {
  return ifNone ? { etagDoesNotMatch: '*' } : { etagMatches: ifEtag };
}

async function bytesOf(
  key: string,
  object: { arrayBuffer(): Promise<ArrayBuffer> } | null,
): Promise<Uint8Array | null> {
  return object && new Uint8Array(await orFailure(key, () => object.arrayBuffer(), false));
}

/** Miniflare refuses subclasses of Uint8Array, such as Node's Buffer. */
function plain(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes);
}
