import { activeKey } from '../../src/version/keys.ts';
import { parsePointer } from '../../src/version/pointer.ts';
import { DiptychError } from '../../src/errors.ts';
import { readUnlistedText } from '../../src/search/open/read-file.ts';
import { bucketSource } from '../stores/bucket-source.ts';
import type { ArtifactBucket } from '../stores/artifact-bucket.ts';

/** Tells which version of a collection is the active one. */
export interface ActiveVersions {
  /** @throws DiptychError unknown_collection, index_unreadable */
  of(bucket: ArtifactBucket, collection: string): Promise<string>;
}

/**
 * Create {@link ActiveVersions}. A pointer that was read once stays in force where it cannot be read
 * again, unless it is gone.
 *
 * @param pointerMs - how long a pointer is believed before it is read again, milliseconds
 */
export function createActiveVersions(pointerMs: number): ActiveVersions {
  const pointers = new Map<string, { readonly version: string; readonly until: number }>();
  return {
    async of(bucket, collection) {
      const known = pointers.get(collection);
      if (known && known.until > Date.now()) return known.version;
      const version = await readPointer(bucket, collection).catch((error: unknown) => {
        const isGone = error instanceof DiptychError && error.code === 'unknown_collection';
        if (!known || isGone) throw error;
        console.log(JSON.stringify({ collection, version: known.version, kept: String(error) }));
        return known.version;
      });
      pointers.set(collection, { version, until: Date.now() + pointerMs });
      return version;
    },
  };
}

async function readPointer(bucket: ArtifactBucket, name: string): Promise<string> {
  const json = await readUnlistedText(bucketSource(bucket), activeKey(name));
  if (json === null) {
    throw new DiptychError('unknown_collection', `collection: there is none named ${name}`, {
      collection: name,
    });
  }
  return parsePointer(activeKey(name), json).version;
}
