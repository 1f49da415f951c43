import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWorker } from '../gpu-embedder/operate/dev/start-worker.ts';
import { createExactSearch } from '../gpu-embedder/index/version/exact-search.ts';
import { publishVersion } from '../gpu-embedder/operate/publish/publish-version.ts';
import { localR2Store } from '../gpu-embedder/operate/store/local-r2-store.ts';
import type { SearchResponse } from '../src/http/api.ts';
import type { Manifest } from '../src/version/manifest.ts';
import { defaults } from '../src/config.ts';
import { DiptychError } from '../src/errors.ts';
import { annRecallAtK } from '../src/metrics/ann-recall.ts';
import type { BenchOptions } from './bench.ts';
import { copySeconds } from './shards/copy-seconds.ts';
import { writeSyntheticVersion } from './shards/synthetic-version.ts';
import { workerdPeak } from './shards/workerd-memory.ts';
import { syntheticData, type VectorData } from './vectors/vector-data.ts';

export interface ShardsRow {
  readonly vectors: number;
  readonly shards: number;
  /** Computed memory of the isolate that answers, of the largest shard, and of all isolates. */
  readonly entryMB: number;
  readonly shardMB: number;
  readonly allMB: number;
  /** Peak resident memory of workerd, from its start to the end of loading. */
  readonly measuredMB: number | null;
  /** Time to copy the vector files from the local R2, and of the first search, which loads them. */
  readonly copySeconds: number;
  readonly loadSeconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly efSearch: number;
  readonly recallAt10: number;
}

const [collection, dim, k] = ['synthetic', 256, 10];
const requests = 500;

export const question = `How long does a search take as the corpus and its number of shards grow (x ${dim}, local worker, request by request)?`;

export const flags = ['sizes', 'shards', 'efConstruction', 'model'] as const;

/**
 * `--sizes 10000,100000` (default: up to 1000000, which takes 6 GB and some minutes), `--shards 4`
 * for this number at every size, `--efConstruction 64`, `--model DIR` with 256 dimensions.
 */
export async function run(options: BenchOptions = {}): Promise<ShardsRow[]> {
  const sizes = (options['sizes'] ?? '10000,100000,1000000').split(',');
  const rows: ShardsRow[] = [];
  for (const size of sizes) {
    const count = whole('sizes', size);
    const shards = options['shards'] ? whole('shards', options['shards']) : shardsFor(count);
    rows.push(await measure(syntheticData(count, dim), shards, options));
  }
  return rows;
}

/** Compute the number of shards from the bytes of int8 values, residuals and links. */
function shardsFor(count: number): number {
  const bytes = count * (2 * dim + 110);
  const budget = defaults.isolateBudgetBytes;
  return bytes < 0.6 * budget ? 1 : Math.max(2, Math.ceil(bytes / (0.95 * budget)));
}

async function measure(data: VectorData, shards: number, options: BenchOptions) {
  const model = options['model'] ?? 'models/pictogram';
  const efConstruction = whole('efConstruction', options['efConstruction'] ?? '64');
  const dir = await mkdtemp(join(tmpdir(), 'diptych-bench-shards-'));
  const r2Dir = join(dir, 'r2');
  try {
    const settings = { collection, shards, efConstruction, model };
    const manifest = await writeSyntheticVersion(join(dir, 'version'), data, settings);
    const store = await localR2Store(r2Dir);
    await publishVersion(store, join(dir, 'version'), model);
    await store.close();
    const copied = await copySeconds(manifest, r2Dir);
    const worker = await startWorker({ host: '127.0.0.1', port: 0, r2Dir });
    try {
      return { ...describe(manifest), copySeconds: copied, ...(await ask(worker.url, data)) };
    } finally {
      await worker.stop();
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function describe({ image, memory, shards = [] }: Manifest) {
  const megabytes = (bytes: number) => bytes / 1e6;
  const held = shards.map((shard) => shard.memory);
  return {
    vectors: image.count,
    shards: Math.max(1, shards.length),
    entryMB: megabytes(memory.total),
    shardMB: megabytes(Math.max(0, ...held)),
    allMB: megabytes(held.reduce((sum, bytes) => sum + bytes, memory.total)),
    efSearch: image.efSearch,
  };
}

/** Wait until all shards are loaded, then search from outside, request by request. */
async function ask(url: string, { vectors, queries }: VectorData) {
  await (await fetch(`${url}/healthz`)).text();
  const before = workerdPeak();
  const start = performance.now();
  // An answer without all shards means that some are still loading.
  while (!(await search(url, queries[0])).isWhole);
  const loadSeconds = (performance.now() - start) / 1000;
  const after = workerdPeak();
  const asked = Array.from({ length: requests }, (_, i) => queries[i % queries.length]);
  for (const query of asked.slice(0, 20)) await search(url, query);
  const times: number[] = [];
  const found: Uint32Array[] = [];
  for (const query of asked) {
    const from = performance.now();
    const { ids, isWhole } = await search(url, query);
    if (!isWhole) throw new DiptychError('shard_unavailable', 'a shard answered too late');
    found.push(ids);
    times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)];
  const exactSearch = createExactSearch(vectors, dim);
  const exact = asked.map((query) => exactSearch(query, k));
  return {
    measuredMB: before === null || after === null ? null : after - before,
    ...{ loadSeconds, p50Ms: at(0.5), p99Ms: at(0.99) },
    recallAt10: annRecallAtK(found, exact, k),
  };
}

async function search(url: string, query: Float32Array) {
  const response = await fetch(`${url}/v1/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ collection, vector: [...query], limit: k }),
  });
  const answer = (await response.json()) as SearchResponse;
  if (!response.ok) throw new Error(`search: ${JSON.stringify(answer)}`);
  const ids = Uint32Array.from(answer.matches, ({ id }) => Number(id));
  return { ids, isWhole: answer.partial === undefined };
}

function whole(flag: string, value: string): number {
  if (/^[1-9]\d*$/.test(value)) return Number(value);
  throw new DiptychError('invalid_option', `--${flag}: expected a whole number, got ${value}`);
}
