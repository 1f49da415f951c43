import type { SearchResponse } from '../src/api.ts';
import { siteStorePrefix } from '../src/artifact/site.ts';
import { createApp } from '../workers/app.ts';
import { requestInit, type ApiAnswer, type ApiCall } from '../workers/page/api/send.ts';
import type { Loaded } from '../workers/page/state/page-state.ts';
import { createCollections } from '../workers/services/collections.ts';
import { bucketVersion } from '../workers/stores/bucket-version.ts';
import { browserScaler } from './browser-scaler.ts';
import { createImageAddresses } from './image-addresses.ts';
import { loadKernels } from './load-kernels.ts';
import { readSite } from './read-site.ts';
import { siteBucket } from './site-bucket.ts';

/** A site in memory: it answers calls of the API without another request. */
export interface OpenSite {
  answer(call: ApiCall): Promise<ApiAnswer>;
}

/** Nothing here ends before the work it began. */
const context = { waitUntil() {}, passThroughOnException() {}, props: {} };

/**
 * Load all of a site: kernels, model, index and images.
 *
 * @param base - of the site, ends in `/`
 * @throws DiptychError index_unreadable, model_mismatch, index_too_large
 */
export async function openSite(base: URL, onProgress: (loaded: Loaded) => void): Promise<OpenSite> {
  const site = await readSite(base);
  const total = Object.entries(site.files).reduce(
    (sum, [path, { bytes }]) => (path.startsWith(siteStorePrefix) ? sum + bytes : sum),
    0,
  );
  let done = 0;
  const bucket = siteBucket(site, base, (bytes) => {
    done += bytes;
    // The last byte is not the end: what has come is checked and opened then.
    onProgress({ bytes: Math.min(done, total - 1), total });
  });
  const collections = createCollections(await loadKernels(), { pointerMs: Infinity });
  const env = { ARTIFACTS: bucket, IMAGES: browserScaler };
  const manifest = await collections.describe(env, site.collection);
  const [{ items }, previews] = await Promise.all([
    collections.open(env, site.collection, () => {}),
    bucketVersion(bucket, manifest).read('previews.bin'),
  ]);
  onProgress({ bytes: total, total });

  const app = createApp(collections);
  // A site has one collection, whatever its name is.
  const withDefault = ({ fields, ...call }: ApiCall): ApiCall =>
    fields
      ? { ...call, fields: { ...fields, collection: fields.collection ?? site.collection } }
      : call;
  const showImages = createImageAddresses(items, new Blob([previews]));
  return {
    async answer(call) {
      const request = new Request(new URL(call.path, base), requestInit(withDefault(call)));
      const response = await app.fetch(request, env, context);
      const body: unknown = await response.json();
      const hasImages = response.ok && call.path === '/v1/search';
      return {
        status: response.status,
        body: hasImages ? showImages(body as SearchResponse) : body,
      };
    },
  };
}
