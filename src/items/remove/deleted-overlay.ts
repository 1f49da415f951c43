import { z } from 'zod';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { listDeleted, type DeletedItem } from '../delete-items.ts';
import { deletedKey } from '../../version/keys.ts';
import { parseArtifactJson } from '../../version/parse-json.ts';
import { DiptychError } from '../../errors.ts';
import { putJson } from '../../objects/put-json.ts';
import type { Stores } from '../../catalogue/stores.ts';

const overlaySchema = z.object({ ids: z.array(z.string()) });

/** @throws DiptychError index_unreadable */
export function parseDeleted(key: string, json: string): ReadonlySet<string> {
  return new Set(parseArtifactJson(key, overlaySchema, json).ids);
}

const pageItems = 500;
const attempts = 20;

/** Ids of all items that are deleted and not purged. */
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
 * Write the overlay of a collection from the catalogue. It is written on the one that was there when
 * the catalogue was read, so that of two writers the later one has read what both deleted.
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
  throw new DiptychError('write_failed', `${key}: others kept writing it, ${attempts} times`);
}
