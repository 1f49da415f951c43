import { z } from 'zod';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { listDeleted, type DeletedItem } from '../delete-items.ts';
import { deletedKey } from '../../version/keys.ts';
import { parseArtifactJson } from '../../version/parse-json.ts';
import { DiptychError } from '../../errors.ts';
import { putJson } from '../../objects/put-json.ts';
import type { Stores } from '../../catalogue/stores.ts';

const overlaySchema = z.object({ ids: z.array(z.string()) });

/**
 * Read the overlay, which lists the ids that the edge must hide.
 *
 * @throws DiptychError index_unreadable
 */
export function parseDeleted(key: string, json: string): ReadonlySet<string> {
  return new Set(parseArtifactJson(key, overlaySchema, json).ids);
}

const pageItems = 500;
const attempts = 20;

/** List the ids of all items that are deleted and not yet purged. */
export async function deletedIds(catalogue: Catalogue, collection: string): Promise<string[]> {
  const ids: string[] = [];
  for (let after: DeletedItem | undefined; ;) {
    const page = await listDeleted(catalogue, collection, { after, limit: pageItems });
    ids.push(...page.map(({ id }) => id));
    if (page.length < pageItems) return ids;
    after = page.at(-1);
  }
}

/**
 * Write the overlay of a collection from the catalogue. The write succeeds only if the overlay has not
 * changed since before the catalogue was read. If two processes write, the later one has therefore read
 * the deletions of both.
 */
export async function writeDeleted(
  { catalogue, objects }: Stores,
  collection: string,
): Promise<void> {
  const key = deletedKey(collection);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const before = await objects.head(key);
    const ids = await deletedIds(catalogue, collection);
    const condition = before ? { ifEtag: before.etag } : { ifNone: true as const };
    if (await putJson(objects, key, { ids }, condition)) return;
  }
  throw new DiptychError(
    'write_failed',
    `${key}: expected to write it in ${attempts} tries, but others changed it each time`,
  );
}
