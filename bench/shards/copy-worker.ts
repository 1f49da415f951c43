import { readInto } from '../../workers/services/read-artifact.ts';
import type { ArtifactBucket } from '../../workers/services/artifact-bucket.ts';

/** Copies the objects of a list into memory, one after the other, and drops them. */
export default {
  async fetch(request: Request, { ARTIFACTS }: { ARTIFACTS: ArtifactBucket }): Promise<Response> {
    const list = (await request.json()) as { key: string; bytes: number }[];
    for (const { key, bytes } of list) await readInto(ARTIFACTS, key, new Uint8Array(bytes));
    return new Response();
  },
};
