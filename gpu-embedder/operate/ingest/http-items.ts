import { z } from 'zod';
import { DiptychError } from '../../../src/errors.ts';
import type { HashedItem } from '../../../src/items/item.ts';
import { askWorker } from './http-target.ts';
import type { StoredItems } from './stored-items.ts';

const itemSchema: z.ZodType<HashedItem> = z.object({
  id: z.string(),
  title: z.string(),
  ...{ set: z.string().nullable(), label: z.string().nullable(), imageHash: z.string().nullable() },
  ...{ width: z.number().nullable(), height: z.number().nullable() },
  ...{ captions: z.array(z.string()), tags: z.array(z.string()) },
  // z.record would leave out the key `__proto__`.
  metadata: z.custom<HashedItem['metadata']>((value) => typeof value === 'object'),
  contentHash: z.string(),
});
const pageSchema = z.object({ items: z.array(itemSchema), next: z.string().nullable() });

/**
 * The items of a collection of a worker; an unknown collection has none.
 *
 * @param key - API key with the scopes read and write
 */
export function httpItems(url: string, key: string, collection: string): StoredItems {
  const address = new URL(`/v1/collections/${encodeURIComponent(collection)}/items`, url);
  return {
    async *pages(idPrefix) {
      for (let after: string | null = null; ;) {
        const page = new URL(address);
        page.searchParams.set('limit', '500');
        if (idPrefix !== undefined) page.searchParams.set('idPrefix', idPrefix);
        if (after !== null) page.searchParams.set('after', after);
        const { items, next } = await readPage(page, key);
        yield items;
        if (next === null) return;
        after = next;
      }
    },
    async remove(ids) {
      await askWorker(new URL(`${address.href}/delete`), key, JSON.stringify({ ids }));
    },
  };
}

async function readPage(page: URL, key: string): Promise<z.output<typeof pageSchema>> {
  const answer = await askWorker(page, key).catch((error: unknown) => {
    const isUnknown = error instanceof DiptychError && error.code === 'unknown_collection';
    if (isUnknown) return { items: [], next: null };
    throw error;
  });
  const parsed = pageSchema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new DiptychError(
    'store_failed',
    `${page.href}: expected a page of items, got another answer`,
  );
}
