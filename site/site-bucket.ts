import { siteStorePrefix, type Site } from '../src/version/site.ts';
import { DiptychError } from '../src/errors.ts';
import type { ArtifactBucket } from '../workers/stores/artifact-bucket.ts';
import { fetchFile } from './fetch-file.ts';

/**
 * Read the artifacts of a site as a worker reads its bucket.
 *
 * @param onBytes - called with the length of each chunk that arrives, before it is decompressed
 */
export function siteBucket(
  { files }: Site,
  base: URL,
  onBytes: (bytes: number) => void,
): ArtifactBucket {
  const entryOf = (key: string) => files[siteStorePrefix + key];
  return {
    async get(key, options) {
      if (options) throw new DiptychError('internal', `${key}: a site has no ranges`);
      const entry = entryOf(key);
      if (!entry) return null;
      const isPointer = key.endsWith('/active.json');
      const url = new URL(siteStorePrefix + key, base);
      const response = await fetchFile(url, isPointer ? 'no-cache' : 'default');
      const stored = (response.body ?? new Blob().stream()).pipeThrough(counted(onBytes));
      const body = entry.gunzipped === undefined ? stored : stored.pipeThrough(gunzip());
      return { size: entry.gunzipped ?? entry.bytes, body };
    },
    async list({ prefix }) {
      const start = siteStorePrefix + prefix;
      const names = Object.keys(files).flatMap((path) =>
        path.startsWith(start) ? [path.slice(start.length).split('/')[0]] : [],
      );
      const delimitedPrefixes = [...new Set(names)].map((name) => `${prefix}${name}/`);
      return { delimitedPrefixes, truncated: false };
    },
  };
}

function gunzip(): ReadableWritablePair<Uint8Array, Uint8Array> {
  // The types of workerd let a DecompressionStream take more than Uint8Array.
  return new DecompressionStream('gzip') as unknown as ReturnType<typeof gunzip>;
}

function counted(onBytes: (bytes: number) => void): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    transform(chunk, controller) {
      onBytes(chunk.byteLength);
      controller.enqueue(chunk);
    },
  });
}
