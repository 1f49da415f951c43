import type { FileSource } from '../../src/search/open/file-source.ts';
import type { ArtifactBucket } from './artifact-bucket.ts';
import { readChunks } from './read-chunks.ts';

/** Bytes that are copied at a time: one buffer of this size serves a whole file. */
const chunkBytes = 1024 * 1024;

/** Stream the files of versions and models out of a bucket. */
export function bucketSource(bucket: ArtifactBucket): FileSource {
  return {
    hashesAll: false,
    async open(key) {
      const object = await bucket.get(key);
      if (!object) return null;
      const { size, body } = object;
      return {
        size,
        chunks: readChunks(body, Math.min(chunkBytes, size)),
        cancel: () => body.cancel(),
      };
    },
  };
}
