import relaxed from '../../build/wasm/search-relaxed.wasm';
import { searcherFileOffset, searcherMemoryPages } from '../../src/version/searcher-memory.ts';
import { createSearcher } from '../../src/hnsw/searcher.ts';
import { createMemory } from '../../src/kernel/webassembly.ts';
import { readListed } from '../../src/search/open/read-file.ts';
import type { ArtifactBucket } from '../../workers/stores/artifact-bucket.ts';
import { bucketSource } from '../../workers/stores/bucket-source.ts';

interface Env {
  readonly ARTIFACTS: ArtifactBucket;
}

/** The last loaded file; replacing it lets the previous one be garbage-collected. */
const held: { last?: unknown } = {};

/**
 * `/copy?bytes=B&count=N` streams the object `vectors.bin` into WASM memory; `/load` opens it as the
 * edge does, and `/empty` does nothing.
 */
export default {
  async fetch(request: Request, { ARTIFACTS }: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/empty') return new Response();
    const [fileBytes, count] = [
      Number(searchParams.get('bytes')),
      Number(searchParams.get('count')),
    ];
    held.last = undefined;
    const memory = createMemory(searcherMemoryPages(fileBytes, count));
    held.last = memory;
    const target = new Uint8Array(memory.buffer, searcherFileOffset, fileBytes);
    const entry = { bytes: fileBytes, sha256: 'not compared: the file has checksums of its own' };
    const options = { target, hasOwnChecksum: true };
    await readListed(bucketSource(ARTIFACTS), 'vectors.bin', entry, options);
    if (pathname === '/load') held.last = createSearcher({ module: relaxed, memory, fileBytes });
    return new Response();
  },
};
