import { parseDeleted } from '../../src/items/remove/deleted-overlay.ts';
import { readUnlistedText } from '../../src/search/open/read-file.ts';
import { deletedKey } from '../../src/version/keys.ts';
import type { ArtifactBucket } from '../stores/artifact-bucket.ts';
import { bucketSource } from '../stores/bucket-source.ts';

/** The items of a collection that were deleted since its version was built. */
export interface DeletedItems {
  /** The list as it is stored; null as long as nothing was deleted. */
  readonly json: string | null;
  readonly ids: ReadonlySet<string>;
}

/**
 * Read which items of a collection were deleted since its version was built.
 *
 * @returns `before` itself if the list did not change
 * @throws DiptychError index_unreadable
 */
export async function readDeletedItems(
  bucket: ArtifactBucket,
  collection: string,
  before?: DeletedItems,
): Promise<DeletedItems> {
  const key = deletedKey(collection);
  const json = await readUnlistedText(bucketSource(bucket), key);
  if (json === before?.json) return before;
  return { json, ids: json === null ? new Set() : parseDeleted(key, json) };
}
