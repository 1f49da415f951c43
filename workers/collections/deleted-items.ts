import { parseDeleted } from '../../src/items/remove/deleted-overlay.ts';
import { readUnlistedText } from '../../src/search/open/read-file.ts';
import { bucketSource } from '../stores/bucket-source.ts';
import { deletedKey } from '../../src/version/keys.ts';
import type { ArtifactBucket } from '../stores/artifact-bucket.ts';

/** Tells which items of a collection were deleted since its version was built. */
export interface DeletedItems {
  /** The same set for as long as nothing changed. */
  of(bucket: ArtifactBucket, collection: string): Promise<ReadonlySet<string>>;
}

const none: ReadonlySet<string> = new Set();

interface Known {
  /** Null where there is no list, as nothing was deleted. */
  readonly json: string | null;
  readonly ids: ReadonlySet<string>;
  readonly until: number;
}

/**
 * Create {@link DeletedItems}. What was read once stays in force where it cannot be read again.
 *
 * @param believedMs - how long it is believed before it is read again, milliseconds
 */
export function createDeletedItems(believedMs: number): DeletedItems {
  const byCollection = new Map<string, Known>();
  return {
    async of(bucket, collection) {
      const known = byCollection.get(collection);
      if (known && known.until > Date.now()) return known.ids;
      const key = deletedKey(collection);
      const until = Date.now() + believedMs;
      try {
        const json = await readUnlistedText(bucketSource(bucket), key);
        const ids = json !== null && json === known?.json ? known.ids : idsIn(key, json);
        byCollection.set(collection, { json, ids, until });
        return ids;
      } catch (error) {
        if (!known) throw error;
        console.log(JSON.stringify({ collection, kept: String(error) }));
        byCollection.set(collection, { ...known, until });
        return known.ids;
      }
    },
  };
}

function idsIn(key: string, json: string | null): ReadonlySet<string> {
  return json === null ? none : parseDeleted(key, json);
}
