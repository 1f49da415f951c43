import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import hnswlib from 'hnswlib-node';
import { Index, MetricKind, ScalarKind } from 'usearch';
import { readHnswlib } from '../../gpu-embedder/index/graph/read-hnswlib.ts';
import { openSearcher } from '../../gpu-embedder/index/version/open-searcher.ts';
import { xxh64 } from '../../gpu-embedder/index/version/xxh64.ts';
import { progressBar } from '../../gpu-embedder/common/progress.ts';
import { loadWasm } from '../../gpu-embedder/common/wasm-modules.ts';
import { quantise, type Quantisation } from '../../src/version/quantise.ts';
import { writeVectorFile } from '../../src/version/write-vector-file.ts';
import { defaults } from '../../src/config.ts';
import type { HnswGraph } from '../../src/version/graph.ts';
import type { Searcher } from '../../src/hnsw/searcher.ts';
import type { VectorData } from './vector-data.ts';

/** A library that finds the nearest vectors. */
export interface Side {
  readonly name: string;
  /** Ids of the nearest `k` of query `i`. */
  search(i: number, k: number, ef: number): ArrayLike<number>;
}

const { M, efConstruction } = defaults;

/** hnswlib-node over float32, and the graph that it built. */
export function hnswlibSide({ vectors, dim, queries }: VectorData): {
  readonly side: Side;
  readonly graph: HnswGraph;
} {
  const count = vectors.length / dim;
  const index = new hnswlib.HierarchicalNSW('ip', dim);
  index.initIndex(count, M, efConstruction, 1);
  const bar = progressBar('hnswlib-node', count);
  for (let i = 0; i < count; i++) {
    index.addPoint(Array.from(vectors.subarray(i * dim, (i + 1) * dim)), i);
    bar.update(i + 1);
  }
  bar.stop();
  // hnswlib-node needs arrays of numbers; converting them is not timed.
  const arrays = queries.map((query) => Array.from(query));
  const search: Side['search'] = (i, k, ef) => {
    index.setEf(ef);
    return index.searchKnn(arrays[i], k).neighbors;
  };
  const graph = inFolder((dir) => {
    const file = join(dir, 'graph.bin');
    index.writeIndexSync(file);
    return readHnswlib(readFileSync(file), dim);
  });
  return { side: { name: 'hnswlib-node', search }, graph };
}

/** Diptych's kernel over a graph. */
export function ourSide(
  data: VectorData,
  graph: HnswGraph,
  build: 'search-relaxed' | 'search-plain',
  quantisation: Quantisation = 'int8+residual',
): Side {
  const searcher = searcherOver(data, graph, quantisation, build);
  const name = `${quantisation}, ${build === 'search-relaxed' ? 'relaxed SIMD' : 'SIMD'}`;
  return {
    name,
    search: (i, k, efSearch) => searcher.search(data.queries[i], k, { efSearch }).ids,
  };
}

/** Write a vector file and open it. */
export function searcherOver(
  { vectors, dim }: VectorData,
  graph: HnswGraph,
  quantisation: Quantisation = 'int8+residual',
  build: 'search-relaxed' | 'search-plain' = 'search-relaxed',
): Searcher {
  const file = writeVectorFile(graph, quantise(vectors, dim, quantisation), xxh64);
  return openSearcher(file, { module: loadWasm(build), efMax: 2048 });
}

/** usearch, with one thread a search. */
export function usearchSide(
  { vectors, dim, queries }: VectorData,
  scalar: 'f32' | 'bf16' | 'i8',
): Side {
  const count = vectors.length / dim;
  const open = (ef: number) =>
    new Index({
      dimensions: dim,
      metric: MetricKind.IP,
      quantization: { f32: ScalarKind.F32, bf16: ScalarKind.BF16, i8: ScalarKind.I8 }[scalar],
      connectivity: M,
      expansion_add: efConstruction,
      expansion_search: ef,
      multi: false,
    });
  const built = open(defaults.efSearch);
  const bar = progressBar(`usearch ${scalar}`, count);
  const chunk = 4096;
  for (let first = 0; first < count; first += chunk) {
    const last = Math.min(count, first + chunk);
    const keys = BigUint64Array.from({ length: last - first }, (_, i) => BigInt(first + i));
    built.add(keys, vectors.subarray(first * dim, last * dim), 0);
    bar.update(last);
  }
  bar.stop();
  // In usearch, efSearch belongs to an index, so the index is loaded again for each value.
  const dir = mkdtempSync(join(tmpdir(), 'diptych-bench-'));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, 'index.usearch');
  built.save(file);
  let [index, current] = [built, defaults.efSearch as number];
  return {
    name: `usearch ${scalar}`,
    search(i, k, ef) {
      if (ef !== current) {
        [index, current] = [open(ef), ef];
        index.load(file);
      }
      const { keys } = index.search(queries[i], k, 1);
      return Array.from(keys, Number);
    },
  };
}

function inFolder<T>(work: (dir: string) => T): T {
  const dir = mkdtempSync(join(tmpdir(), 'diptych-bench-'));
  try {
    return work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
