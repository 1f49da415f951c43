import relaxed from '../../build/wasm/search-relaxed.wasm';
import plain from '../../build/wasm/search.wasm';
import { headerOffsets } from '../../src/version/format.ts';
import { searcherFileOffset, searcherMemoryPages } from '../../src/version/searcher-memory.ts';
import { createSearcher, type Searcher } from '../../src/hnsw/searcher.ts';
import { createMemory } from '../../src/kernel/webassembly.ts';
import { searchAll } from '../vectors/search-all.ts';
import type { BenchBucket } from './bench-bucket.ts';

interface Env {
  readonly ARTIFACTS: BenchBucket;
}

async function open({ ARTIFACTS }: Env) {
  const file = async (key: string) => (await ARTIFACTS.get(key))!.arrayBuffer();
  const bytes = new Uint8Array(await file('vectors.bin'));
  const count = new DataView(bytes.buffer).getUint32(headerOffsets.count, true);
  const openWith = (module: WebAssembly.Module): Searcher => {
    const memory = createMemory(searcherMemoryPages(bytes.length, count));
    new Uint8Array(memory.buffer, searcherFileOffset).set(bytes);
    return createSearcher({ module, memory, fileBytes: bytes.length });
  };
  const queries = new Float32Array(await file('queries.f32'));
  return { '/relaxed': openWith(relaxed), '/plain': openWith(plain), queries };
}

let opened: ReturnType<typeof open> | undefined;

/** `/relaxed?k=10&ef=64` answers the ids for all queries; `/empty` answers the same number of zeros. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { queries, ...searchers } = await (opened ??= open(env));
    const { pathname, searchParams } = new URL(request.url);
    const [k, ef] = [Number(searchParams.get('k')), Number(searchParams.get('ef'))];
    if (pathname === '/relaxed' || pathname === '/plain') {
      return new Response(searchAll(searchers[pathname], queries, k, ef));
    }
    const { dim } = searchers['/relaxed'].header;
    return new Response(new Uint32Array((queries.length / dim) * k));
  },
};
