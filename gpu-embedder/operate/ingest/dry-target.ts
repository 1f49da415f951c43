import { previewItem, type IngestResult } from '../../../src/items/ingest/ingest-items.ts';
import type { ImageSources } from '../../../src/items/ingest/read-image.ts';
import type { HashedItem } from '../../../src/items/item.ts';
import { applyItem } from '../../../src/items/upsert-items.ts';
import type { IngestTarget } from './ingest-source.ts';
import type { StoredItems } from './stored-items.ts';

/** Create a target that says what would become of items, and writes nothing. */
export async function dryTarget(stored: StoredItems): Promise<IngestTarget> {
  const current = new Map<string, HashedItem>();
  for await (const page of stored.pages()) for (const item of page) current.set(item.id, item);
  return async (items) => {
    const results: IngestResult[] = [];
    for (const item of items) {
      const read = await previewItem(item, noSources);
      if ('status' in read) {
        results.push(read);
        continue;
      }
      const { outcome, after } = await applyItem(read, current.get(read.id));
      current.set(read.id, after);
      results.push({ id: read.id, status: outcome });
    }
    return results;
  };
}

/** The items of a source carry the bytes of their images. */
const noSources: ImageSources = {
  objects: { get: () => Promise.resolve(null) },
  fetchImage: (url) => Promise.reject(new Error(`${url}: a source gives bytes, not addresses`)),
};
