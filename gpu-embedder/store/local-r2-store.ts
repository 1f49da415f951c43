import { Miniflare } from 'miniflare';
import { z } from 'zod';
import { bucketStore, type Bucket } from '../../src/objects/bucket-store.ts';
import type { ObjectStore } from '../../src/objects/object-store.ts';

/** Name of the bucket in wrangler.toml: the id under which Miniflare keeps its objects. */
export const bucketName = 'diptych-artifacts';

/**
 * Lists inside workerd: Miniflare hands out an object of R2 as a stand-in, each property of which is
 * a call of its own, and takes a minute for a page of a thousand on a busy machine.
 */
const script = `export default {
  async fetch(request, { ARTIFACTS }) {
    const { objects, truncated, cursor } = await ARTIFACTS.list(await request.json());
    const plain = objects.map(({ key, size, uploaded }) => ({ key, size, uploaded }));
    return Response.json({ objects: plain, truncated, cursor });
  },
}`;

const pageSchema = z.object({
  objects: z.array(z.object({ key: z.string(), size: z.number(), uploaded: z.coerce.date() })),
  truncated: z.boolean(),
  cursor: z.string().optional(),
});

/** The local R2 of the development worker, kept in `persistDir`. */
export async function localR2Store(persistDir: string): Promise<ObjectStore> {
  const runtime = new Miniflare({
    modules: true,
    script,
    compatibilityDate: '2026-04-01',
    r2Buckets: { ARTIFACTS: bucketName },
    r2Persist: persistDir,
    cf: false,
  });
  const bucket = (await runtime.getR2Bucket('ARTIFACTS')) as unknown as Bucket;
  const store = bucketStore({
    get: (key, options) => bucket.get(key, options),
    head: (key) => bucket.head(key),
    put: (key, value, options) => bucket.put(key, value, options),
    delete: (key) => bucket.delete(key),
    async list(options) {
      const request = { method: 'POST', body: JSON.stringify(options) };
      const page = await runtime.dispatchFetch('http://list', request);
      return pageSchema.parse(await page.json());
    },
  });
  return { ...store, close: () => runtime.dispose() };
}
