import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import v8 from 'node:v8';
import hnswlib from 'hnswlib-node';
import { createExactSearch } from '../gpu-embedder/index/exact-search.ts';
import { sampleQueries } from '../gpu-embedder/index/measure-recall.ts';
import { openSearcher } from '../gpu-embedder/index/open-searcher.ts';
import { readEmbeddings } from '../gpu-embedder/index/read-embeddings.ts';
import { readHnswlib } from '../gpu-embedder/index/read-hnswlib.ts';
import { xxh64 } from '../gpu-embedder/index/xxh64.ts';
import { progressBar } from '../gpu-embedder/progress.ts';
import { createRandom } from '../gpu-embedder/random.ts';
import { loadWasm } from '../gpu-embedder/wasm-modules.ts';
import { quantise } from '../src/artifact/quantise.ts';
import { writeVectorFile } from '../src/artifact/write-vector-file.ts';
import { defaults } from '../src/config.ts';
import { annRecallAtK } from '../src/metrics/ann-recall.ts';
import type { Bench, BenchRow } from './bench.ts';

/** Finds the ids of the ten nearest of query `i`. */
type Search = (i: number, ef: number) => ArrayLike<number>;

interface Data {
  readonly name: string;
  readonly dim: number;
  readonly vectors: Float32Array;
  readonly queries: readonly Float32Array[];
}

const collection = '.diptych/embeddings/pictograms-demo';
const k = 10;
/** efSearch of hnswlib; ours is the smallest of `steps` whose recall is no less. */
const theirEfs = [32, 64, 128];
const steps = [16, 20, 24, 28, 32, 40, 48, 56, 64, 72, 80, 96, 112, 128, 160, 192, 256, 384, 512];
/** Rounds of all queries by either side in turn, of which the fastest counts. */
const rounds = 7;

export const bench: Bench = {
  question: 'queries per second of our kernel and hnswlib-node on one graph, at equal annRecall@10',
  async run() {
    // What workerd has by default; without it only the plain build could be measured.
    v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
    const data = existsSync(join(collection, 'embeddings.json'))
      ? await realData()
      : syntheticData();
    const { theirs, saved } = await buildTheirs(data);
    const { dim, vectors } = data;
    const graph = readHnswlib(saved, dim);
    const file = writeVectorFile(graph, quantise(vectors, dim, true), xxh64);
    const exactSearch = createExactSearch(vectors, dim);
    const exact = data.queries.map((query) => exactSearch(query, k));
    const recall = (search: Search, ef: number) =>
      annRecallAtK(
        exact.map((_, i) => search(i, ef)),
        exact,
        k,
      );
    const rows: BenchRow[] = [];
    for (const build of ['search-relaxed', 'search-plain'] as const) {
      const searcher = openSearcher(file, { module: loadWasm(build) });
      const ours: Search = (i, ef) => searcher.search(data.queries[i], k, ef).ids;
      for (const theirEf of theirEfs) {
        const versusRecall = recall(theirs, theirEf);
        const efSearch = steps.find((ef) => recall(ours, ef) >= versusRecall);
        if (efSearch === undefined) continue;
        const [qps, versusQps] = race(data.queries.length, [
          (i) => ours(i, efSearch),
          (i) => theirs(i, theirEf),
        ]);
        rows.push({
          data: data.name,
          kernel: build,
          efSearch,
          recall: recall(ours, efSearch),
          qps: Math.round(qps),
          versus: 'hnswlib-node',
          versusEf: theirEf,
          versusRecall,
          versusQps: Math.round(versusQps),
          ratio: qps / versusQps,
        });
      }
    }
    return rows;
  },
};

async function realData(): Promise<Data> {
  const { image, caption, model } = await readEmbeddings(collection);
  const dim = model.embedDim;
  const queries = sampleQueries(caption, dim).map((query) => query.slice());
  const name = `pictograms-demo, ${image.length / dim} x ${dim} images, ${queries.length} captions as queries`;
  return { name, dim, vectors: image, queries };
}

function syntheticData(): Data {
  const [count, dim, clusters] = [20_000, 256, 500];
  const random = createRandom(1);
  const centres = Float32Array.from({ length: clusters * dim }, () => random.normal());
  const point = () => {
    const centre = random.integer(clusters) * dim;
    const vector = Float32Array.from(
      { length: dim },
      (_, j) => centres[centre + j] + 1.2 * random.normal(),
    );
    const norm = Math.hypot(...vector);
    return vector.map((value) => value / norm);
  };
  const vectors = new Float32Array(count * dim);
  for (let i = 0; i < count; i++) vectors.set(point(), i * dim);
  const queries = Array.from({ length: 1000 }, point);
  return { name: `clustered synthetic, ${count} x ${dim}`, dim, vectors, queries };
}

/** Build with hnswlib and save: both sides walk the same graph. */
async function buildTheirs({ vectors, dim, queries }: Data) {
  const count = vectors.length / dim;
  const index = new hnswlib.HierarchicalNSW('ip', dim);
  index.initIndex(count, defaults.M, defaults.efConstruction, 1);
  const bar = progressBar('graph', count);
  for (let i = 0; i < count; i++) {
    index.addPoint(Array.from(vectors.subarray(i * dim, (i + 1) * dim)), i);
    bar.update(i + 1);
  }
  bar.stop();
  const dir = await mkdtemp(join(tmpdir(), 'diptych-bench-'));
  try {
    await index.writeIndex(join(dir, 'graph.bin'));
    const saved = await readFile(join(dir, 'graph.bin'));
    // It takes arrays of numbers; making them is not counted.
    const arrays = queries.map((query) => Array.from(query));
    let current = 0;
    const theirs: Search = (i, ef) => {
      if (ef !== current) index.setEf((current = ef));
      return index.searchKnn(arrays[i], k).neighbors;
    };
    return { theirs, saved };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Queries per second of each side, run in turn so that both meet the same machine. */
function race(queries: number, sides: readonly ((i: number) => unknown)[]): number[] {
  const fastest = sides.map(() => Infinity);
  for (let round = 0; round < rounds; round++) {
    for (const [side, search] of sides.entries()) {
      const start = performance.now();
      for (let i = 0; i < queries; i++) search(i);
      fastest[side] = Math.min(fastest[side], performance.now() - start);
    }
  }
  return fastest.map((milliseconds) => (1000 * queries) / milliseconds);
}
