import { parseArtifactJson } from '../../../src/version/parse-json.ts';
import { DiptychError } from '../../../src/errors.ts';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import { buildPageSchema, type PlannedItem } from '../../../src/jobs/steps/build-page.ts';
import { buildPageKey } from '../../../src/version/keys.ts';

/**
 * Read the items of a job's plan, in their order.
 *
 * @param expected - number of items according to the ledger
 * @throws DiptychError index_unreadable: pages are missing or damaged, an item is there twice, or
 *   the number of items is not the expected one
 */
export async function readBuildPages(
  objects: ObjectStore,
  jobId: string,
  expected: number,
  signal?: AbortSignal,
): Promise<PlannedItem[]> {
  const items: PlannedItem[] = [];
  const ids = new Set<string>();
  for (let page = 0; ; page++) {
    signal?.throwIfAborted();
    const key = buildPageKey(jobId, page);
    const bytes = await objects.get(key);
    if (!bytes) break;
    const json = new TextDecoder().decode(bytes);
    for (const item of parseArtifactJson(key, buildPageSchema, json).items) {
      if (ids.has(item.id))
        throw unreadable(`${key}: expected each item once, got ${item.id} twice`);
      ids.add(item.id);
      items.push(item);
    }
  }
  if (items.length === expected) return items;
  throw unreadable(
    `jobs/${jobId}: expected ${expected} items in the pages of the build, got ${items.length}`,
  );
}

function unreadable(message: string): DiptychError {
  return new DiptychError('index_unreadable', message);
}
