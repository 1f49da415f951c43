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

export interface SearchRow {
  readonly data: string;
  readonly kernel: string;
  readonly efSearch: number;
  /** annRecall@10 of ours, no less than theirs. */
  readonly recall: number;
  readonly qps: number;
  readonly versus: string;
  readonly versusEf: number;
  readonly versusRecall: number;
  readonly versusQps: number;
  readonly ratio: number;
}

/** Finds the ids of the ten nearest of query `i`. */
type Search = (i: number, ef: number) => ArrayLike<number>;

interface Data {
  readonly name: string;
  readonly dim: number;
  readonly vectors: Float32Array;
  readonly queries: readonly Float32Array[];
}

const collection = '.diptych/embeddings/pictograms';
const k = 10;
/** efSearch of hnswlib; ours is the smallest of `steps` whose recall is no less. */
const theirEfs = [32, 64, 128];
const steps = [16, 20, 24, 28, 32, 40, 48, 56, 64, 72, 80, 96, 112, 128, 160, 192, 256, 384, 512];
/** Rounds of all queries by either side in turn, of which the fastest counts. */
const rounds = 7;

export const question =
  'Queries per second of our kernel and of hnswlib-node on one graph, at equal annRecall@10';

export async function run(): Promise<SearchRow[]> {
  // What workerd has by default; without it only the plain build could be measured.
  v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  const data = existsSync(join(collection, 'embeddings.json')) ? await realData() : syntheticData();
  const { theirs, saved } = await buildTheirs(data);
  const { dim, vectors } = data;
  const graph = readHnswlib(saved, dim);
  const file = writeVectorFile(graph, quantise(vectors, dim, 'int8+residual'), xxh64);
  const exactSearch = createExactSearch(vectors, dim);
  const exact = data.queries.map((query) => exactSearch(query, k));
  const recall = (search: Search, ef: number) =>
    annRecallAtK(
      exact.map((_, i) => search(i, ef)),
      exact,
      k,
    );
  const rows: SearchRow[] = [];
  for (const build of ['search-relaxed', 'search-plain'] as const) {
    const searcher = openSearcher(file, { module: loadWasm(build) });
    const ours: Search = (i, ef) => searcher.search(data.queries[i], k, { efSearch: ef }).ids;
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
}

async function realData(): Promise<Data> {
  const { image, caption, model } = await readEmbeddings(collection);
  const dim = model.embedDim;
  const queries = sampleQueries(caption, dim).map((query) => query.slice());
  const name = `pictograms-demo, ${image.length / dim} x ${dim} images, ${queries.length} captions as queries`;
  return { name, dim, vectors: image, queries };
}

/** Clusters in a space of few dimensions, seen through more: about as hard as real embeddings. */
function syntheticData(): Data {
  const [count, dim, latent, clusters] = [20_000, 256, 48, 2000];
  const random = createRandom(1);
  const normals = (length: number) => Float32Array.from({ length }, () => random.normal());
  const axes = normals(latent * dim);
  const centres = normals(latent * clusters);
  const point = (spread: number): Float32Array => {
    const centre = random.integer(clusters) * latent;
    const vector = normals(dim).map((value) => 0.5 * value);
    for (let l = 0; l < latent; l++) {
      const weight = (centres[centre + l] + spread * random.normal()) / Math.sqrt(latent);
      for (let j = 0; j < dim; j++) vector[j] += weight * axes[l * dim + j];
    }
    const norm = Math.hypot(...vector);
    return vector.map((value) => value / norm);
  };
  const vectors = new Float32Array(count * dim);
  for (let i = 0; i < count; i++) vectors.set(point(0.7), i * dim);
  // Queries stray further, as captions do among images.
  const queries = Array.from({ length: 1000 }, () => point(1.2));
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
