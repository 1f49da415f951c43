import { Miniflare } from 'miniflare';
import type { ArtifactStore } from './artifact-store.ts';

/** Name of the bucket in wrangler.toml: the id under which Miniflare keeps its objects. */
export const bucketName = 'diptych-artifacts';

/** The part of an R2 bucket that the store uses. */
export interface Bucket {
  put(key: string, value: Uint8Array): Promise<unknown>;
  get(key: string): Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | null>;
  head(key: string): Promise<{ size: number } | null>;
  list(options: { prefix: string; cursor?: string }): Promise<{
    objects: { key: string }[];
    truncated: boolean;
    cursor?: string;
  }>;
  delete(key: string): Promise<void>;
}

/** The local R2 of the development worker, kept in `persistDir`. */
export async function localR2Store(persistDir: string): Promise<ArtifactStore> {
  const runtime = new Miniflare({
    modules: true,
    script: 'export default { fetch() { return new Response(null, { status: 404 }); } };',
    compatibilityDate: '2026-04-01',
    r2Buckets: { ARTIFACTS: bucketName },
    r2Persist: persistDir,
    cf: false,
  });
  const bucket = (await runtime.getR2Bucket('ARTIFACTS')) as unknown as Bucket;
  return { ...bucketStore(bucket), close: () => runtime.dispose() };
}

/** An R2 bucket as a store. */
export function bucketStore(bucket: Bucket): ArtifactStore {
  return {
    // Miniflare takes a plain Uint8Array, not Node's Buffer.
    put: async (key, bytes) => void (await bucket.put(key, new Uint8Array(bytes))),
    get: async (key) => {
      const object = await bucket.get(key);
      return object ? new Uint8Array(await object.arrayBuffer()) : null;
    },
    head: async (key) => {
      const object = await bucket.head(key);
      return object ? { size: object.size } : null;
    },
    list: async (prefix) => {
      const keys: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await bucket.list(cursor ? { prefix, cursor } : { prefix });
        keys.push(...page.objects.map(({ key }) => key));
        cursor = page.truncated ? page.cursor : undefined;
      } while (cursor);
      return keys.sort();
    },
    delete: (key) => bucket.delete(key),
    close: async () => {},
  };
}
