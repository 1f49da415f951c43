import type { SearchResponse } from '../src/http/api.ts';
import { siteStorePrefix } from '../src/version/site.ts';
import { createApp } from '../workers/app.ts';
import type { Loaded } from '../workers/page/state/page-state.ts';
import { createCollections } from '../workers/collections/collections.ts';
import { bucketVersion } from '../workers/stores/bucket-source.ts';
import { browserScaler } from './browser-scaler.ts';
import { createImageAddresses } from './image-addresses.ts';
import { loadKernels } from './load-kernels.ts';
import type { SentAnswer, SentRequest } from './protocol.ts';
import { readSite } from './read-site.ts';
import { siteBucket } from './site-bucket.ts';

/** A site in memory: it answers requests of the API without the network. */
export interface OpenSite {
  answer(request: SentRequest): Promise<SentAnswer>;
}

/** A thread lives on after an answer, so there is nothing that `waitUntil` must keep alive. */
const context = { waitUntil() {}, passThroughOnException() {}, props: {} };

/**
 * Load all of a site: kernels, model, index and images.
 *
 * @param base - URL of the site, ends in `/`
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
    // Hold one byte back: after the last file arrived, the files are still checked and opened.
    onProgress({ bytes: Math.min(done, total - 1), total });
  });
  const collections = createCollections(await loadKernels(), { pointerMs: Infinity });
  const env = { ARTIFACTS: bucket, IMAGES: browserScaler };
  const { manifest } = await collections.describe(env, site.collection);
  const [{ items }, previews] = await Promise.all([
    collections.open(env, site.collection, () => {}),
    bucketVersion(bucket, manifest).read('previews.bin'),
  ]);
  onProgress({ bytes: total, total });

  const app = createApp(collections, site.collection, { tellsFaults: true });
  const showImages = createImageAddresses(items, new Blob([previews]));
  return {
    async answer({ method, path, type, body }) {
      const request = new Request(new URL(path, base), {
        method,
        ...(type !== null && { headers: { 'content-type': type }, body }),
      });
      const response = await app.fetch(request, env, context);
      const { ok, status } = response;
      if (!ok || path !== '/v1/search') return { status, body: await response.text() };
      const answer = showImages(await response.json<SearchResponse>());
      return { status, body: JSON.stringify(answer) };
    },
  };
}
