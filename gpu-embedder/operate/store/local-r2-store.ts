import type { Miniflare } from 'miniflare';
import { z } from 'zod';
import { bucketStore, type Bucket } from '../../../src/objects/bucket-store.ts';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import { startRuntime } from './start-runtime.ts';

/** Name of the bucket in wrangler.toml: the id under which Miniflare keeps its objects. */
export const bucketName = 'diptych-artifacts';

/**
 * This worker answers each call in one request. Miniflare's own proxy of a bucket makes a call for
 * every property that is read, blocks the thread during it, and sometimes fails on a busy machine.
 */
const script = `export default {
  async fetch(request, { ARTIFACTS }) {
    const { call, key, options } = JSON.parse(decodeURIComponent(request.headers.get('x-call')));
    const described = (object) => Response.json(object && { size: object.size, etag: object.etag });
    switch (call) {
      case 'get': {
        const object = await ARTIFACTS.get(key, options);
        return object ? new Response(object.body) : new Response(null, { status: 204 });
      }
      case 'head':
        return described(await ARTIFACTS.head(key));
      case 'put':
        return described(await ARTIFACTS.put(key, await request.arrayBuffer(), options));
      case 'delete':
        await ARTIFACTS.delete(key);
        return new Response();
      case 'list': {
        const { objects, truncated, cursor } = await ARTIFACTS.list(options);
        const plain = objects.map(({ key, size, uploaded }) => ({ key, size, uploaded }));
        return Response.json({ objects: plain, truncated, cursor });
      }
    }
  },
}`;

const objectSchema = z.object({ size: z.number(), etag: z.string() }).nullable();
const pageSchema = z.object({
  objects: z.array(z.object({ key: z.string(), size: z.number(), uploaded: z.coerce.date() })),
  truncated: z.boolean(),
  cursor: z.string().optional(),
});

/** Open the local R2 of the development worker, kept in `persistDir`. */
export async function localR2Store(persistDir: string): Promise<ObjectStore> {
  const runtime = await startRuntime(script, {
    r2Buckets: { ARTIFACTS: bucketName },
    r2Persist: persistDir,
  });
  return { ...bucketStore(remoteBucket(runtime)), close: () => runtime.dispose() };
}

function remoteBucket(runtime: Miniflare): Bucket {
  const ask = async (call: string, key: string, options?: object, body?: Uint8Array) => {
    const response = await runtime.dispatchFetch('http://r2', {
      method: 'POST',
      headers: { 'x-call': encodeURIComponent(JSON.stringify({ call, key, options })) },
      body: body ?? '',
    });
    if (response.ok) return response;
    throw new Error(`local R2: ${call} ${key}: ${await response.text()}`);
  };
  return {
    async get(key, options) {
      const response = await ask('get', key, options);
      return response.status === 204 ? null : response;
    },
    head: async (key) => objectSchema.parse(await (await ask('head', key)).json()),
    put: async (key, value, options) =>
      objectSchema.parse(await (await ask('put', key, options, value)).json()),
    delete: async (key) => void (await ask('delete', key)),
    list: async (options) => pageSchema.parse(await (await ask('list', '', options)).json()),
  };
}
