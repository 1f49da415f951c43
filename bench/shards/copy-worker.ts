import { readListed } from '../../src/search/open/read-file.ts';
import type { ArtifactBucket } from '../../workers/stores/artifact-bucket.ts';
import { bucketSource } from '../../workers/stores/bucket-source.ts';

/** Copies the objects of a list into memory, one after the other, and drops them. */
export default {
  async fetch(request: Request, { ARTIFACTS }: { ARTIFACTS: ArtifactBucket }): Promise<Response> {
    const list = (await request.json()) as { key: string; bytes: number }[];
    const source = bucketSource(ARTIFACTS);
    for (const { key, bytes } of list) {
      const entry = { bytes, sha256: 'not compared: only the copying is measured' };
      await readListed(source, key, entry, { hasOwnChecksum: true });
    }
    return new Response();
  },
};
