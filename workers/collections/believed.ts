import { DiptychError } from '../../src/errors.ts';
import type { ArtifactBucket } from '../stores/artifact-bucket.ts';

/** Gives a value of a collection that may change in the bucket at any time. */
export type Believed<T> = (bucket: ArtifactBucket, collection: string) => Promise<T>;

/**
 * Read values of collections from the bucket, and believe each of them for a while. A value that
 * cannot be read again stays in force, unless its collection is gone.
 *
 * @param believedMs - how long a value is believed before it is read again, milliseconds
 * @param read - gets the value before, so that it can give the same object where nothing changed
 */
export function createBelieved<T>(
  believedMs: number,
  read: (bucket: ArtifactBucket, collection: string, before?: T) => Promise<T>,
): Believed<T> {
  const believed = new Map<string, { readonly value: T; readonly until: number }>();
  return async (bucket, collection) => {
    const before = believed.get(collection);
    if (before && before.until > Date.now()) return before.value;
    const value = await read(bucket, collection, before?.value).catch((error: unknown) => {
      const isGone = error instanceof DiptychError && error.code === 'unknown_collection';
      if (!before || isGone) throw error;
      console.log(JSON.stringify({ collection, kept: String(error) }));
      return before.value;
    });
    believed.set(collection, { value, until: Date.now() + believedMs });
    return value;
  };
}
