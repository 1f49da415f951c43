import v8 from 'node:v8';
import { buildGraph } from '../gpu-embedder/index/graph/build-graph.ts';
import { createExactSearch } from '../gpu-embedder/index/version/exact-search.ts';
import { xxh64 } from '../gpu-embedder/index/version/xxh64.ts';
import { loadWasm } from '../gpu-embedder/common/wasm-modules.ts';
import { quantisations, quantise } from '../src/version/quantise.ts';
import { writeVectorFile } from '../src/version/write-vector-file.ts';
import { defaults } from '../src/config.ts';
import { searcherFileOffset, searcherMemoryPages } from '../src/version/searcher-memory.ts';
import { createSearcher } from '../src/hnsw/searcher.ts';
import { createMemory } from '../src/kernel/webassembly.ts';
import { annRecallAtK } from '../src/metrics/ann-recall.ts';
import type { BenchOptions } from './bench.ts';
import { openSources, type VectorData } from './vectors/vector-data.ts';

export interface FootprintRow {
  readonly data: string;
  readonly quantisation: string;
  /** WASM memory a vector, including scratch memory, after the first search. */
  readonly bytesPerVector: number;
  readonly linksPerVector: number;
  readonly efSearch: number;
  readonly recall: number;
  readonly queriesPerSecond: number;
}

const k = 10;

export const question =
  'How much memory does a searcher take by quantisation, at which recall and queries per second?';
export const flags = ['embeddings', 'data', 'count', 'dim', 'ef'] as const;

export async function run(options: BenchOptions = {}): Promise<FootprintRow[]> {
  v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  const efSearch = Number(options['ef'] ?? defaults.efSearch);
  const rows: FootprintRow[] = [];
  for await (const { data } of openSources(['text', 'synthetic'], options)) {
    rows.push(...(await compare(data, efSearch)));
  }
  return rows;
}

async function compare(data: VectorData, efSearch: number): Promise<FootprintRow[]> {
  const { name, vectors, dim, queries } = data;
  const count = vectors.length / dim;
  const { M, efConstruction } = defaults;
  const graph = await buildGraph(vectors, dim, { M, efConstruction });
  const exactSearch = createExactSearch(vectors, dim);
  const exact = queries.map((query) => exactSearch(query, k));
  return quantisations.map((quantisation) => {
    const file = writeVectorFile(graph, quantise(vectors, dim, quantisation), xxh64);
    const memory = createMemory(searcherMemoryPages(file.byteLength, count));
    new Uint8Array(memory.buffer, searcherFileOffset).set(file);
    const module = loadWasm('search-relaxed');
    const searcher = createSearcher({ module, memory, fileBytes: file.byteLength, name });
    const search = () => queries.map((query) => searcher.search(query, k, { efSearch }).ids);
    const found = search();
    const start = performance.now();
    search();
    const seconds = (performance.now() - start) / 1000;
    return {
      ...{ data: name, quantisation, efSearch },
      bytesPerVector: memory.buffer.byteLength / count,
      linksPerVector: graph.links.length / count,
      recall: annRecallAtK(found, exact, k),
      queriesPerSecond: Math.round(queries.length / seconds),
    };
  });
}
