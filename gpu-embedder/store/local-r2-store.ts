import { Miniflare } from 'miniflare';
import { bucketStore, type Bucket } from '../../src/objects/bucket-store.ts';
import type { ObjectStore } from '../../src/objects/object-store.ts';

/** Name of the bucket in wrangler.toml: the id under which Miniflare keeps its objects. */
export const bucketName = 'diptych-artifacts';

/** The local R2 of the development worker, kept in `persistDir`. */
export async function localR2Store(persistDir: string): Promise<ObjectStore> {
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
