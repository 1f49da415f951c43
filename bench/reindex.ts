import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readMigrations } from '../gpu-embedder/operate/catalogue/read-migrations.ts';
import { freePort } from '../gpu-embedder/operate/dev/free-port.ts';
import { startWorker } from '../gpu-embedder/operate/dev/start-worker.ts';
import { loadModel } from '../gpu-embedder/embed/load-model.ts';
import { datasetItems } from '../gpu-embedder/operate/ingest/dataset-items.ts';
import { ingestSource } from '../gpu-embedder/operate/ingest/ingest-source.ts';
import { progressBar } from '../gpu-embedder/common/progress.ts';
import { directEmbedder } from '../gpu-embedder/embed/service/embedder/direct-embedder.ts';
import { localCatalogue } from '../gpu-embedder/operate/store/local-d1.ts';
import { localR2Store } from '../gpu-embedder/operate/store/local-r2-store.ts';
import type { Source, SourceItem } from '../gpu-embedder/data/readers/source.ts';
import { createCollection } from '../src/catalogue/collections.ts';
import { migrate } from '../src/catalogue/schema/migrate.ts';
import { ingestItems } from '../src/items/ingest/ingest-items.ts';
import type { BenchOptions } from './bench.ts';

export interface ReindexRow {
  readonly data: string;
  readonly items: number;
  /** Time to put the items into the catalogue of the local runtime. */
  readonly ingestSeconds: number;
  /** Time to encode the images and distinct captions in this process, without any queue. */
  readonly directSeconds: number;
  /** Time from the request to the last batch, with worker, queue and embedder on this machine. */
  readonly queueSeconds: number;
  /** Throughput of the queue as a share of the direct one. */
  readonly ratio: number;
  /** Time of the whole job, and of a second job without any change. */
  readonly firstJobSeconds: number;
  readonly secondJobSeconds: number;
  readonly secondShare: number;
}

const collection = 'bench';
const token = 'token-of-the-bench';
const model = 'models/pictogram';

export const question =
  'How long does the queue take, compared with direct encoding, and a re-index without any change?';
export const flags = ['data'] as const;

/** `--data DIR`: a prepared data set; default the demo's. */
export async function run(options: BenchOptions = {}): Promise<ReindexRow[]> {
  const data = options['data'] ?? '.diptych/data/pictograms-demo';
  const dir = await mkdtemp(join(tmpdir(), 'diptych-bench-reindex-'));
  try {
    const source = datasetItems(data);
    const ingestSeconds = await seconds(() => ingest(source, dir));
    const directSeconds = await encodeDirectly(source);
    const jobs = await runJobs(dir);
    return [
      {
        data: source.names[0],
        items: source.progress.total,
        ...{ ingestSeconds, directSeconds, ...jobs },
        ratio: directSeconds / jobs.queueSeconds,
        secondShare: jobs.secondJobSeconds / jobs.firstJobSeconds,
      },
    ];
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function ingest(source: Source, dir: string): Promise<void> {
  const catalogue = await localCatalogue(join(dir, 'd1'));
  const objects = await localR2Store(join(dir, 'r2'));
  try {
    await migrate(catalogue, await readMigrations('d1'));
    await createCollection(catalogue, collection);
    const fetchImage = () => Promise.reject(new Error('no addresses here'));
    const stores = { catalogue, objects, fetchImage };
    const bar = progressBar('ingest', source.progress.total);
    const target = (items: readonly object[]) => ingestItems(stores, collection, items);
    await ingestSource(source, target, 0, { onRead: (done) => bar.update(done) });
    bar.stop();
  } finally {
    await Promise.all([catalogue.close(), objects.close()]);
  }
}

/** Encode in the batches of jobs: each image with those of its captions that are new. */
async function encodeDirectly(source: Source): Promise<number> {
  const loaded = await loadModel(model);
  const embedder = directEmbedder(loaded);
  const bar = progressBar('directly', source.progress.total);
  const seen = new Set<string>();
  let spent = 0;
  let batch: SourceItem[] = [];
  const flush = async () => {
    const images = batch.map(({ image }) => ({
      bytes: 'bytes' in image ? image.bytes : new Uint8Array(),
      type: '',
    }));
    const texts = [...new Set(batch.flatMap(({ captions }) => captions))];
    const fresh = texts.filter((text) => !seen.has(text));
    for (const text of fresh) seen.add(text);
    spent += await seconds(() => embedder.encode(images, fresh));
    batch = [];
  };
  for await (const entry of source.entries((done) => bar.update(done))) {
    if ('id' in entry) batch.push(entry);
    if (batch.length === 256) await flush();
  }
  if (batch.length > 0) await flush();
  bar.stop();
  await embedder.close();
  await loaded.dispose();
  return spent;
}

async function runJobs(dir: string) {
  const port = await freePort();
  const worker = await startWorker({
    ...{ host: '127.0.0.1', port: 0, r2Dir: join(dir, 'r2'), d1Dir: join(dir, 'd1') },
    variables: {
      DIPTYCH_ADMIN_TOKEN: token,
      EMBEDDER_URL: `http://127.0.0.1:${port}`,
      EMBEDDER_TOKEN: token,
    },
  });
  const embedder = await startEmbedder(port, worker.url);
  try {
    const first = await job(worker.url);
    const second = await job(worker.url);
    return {
      queueSeconds: first.encodedSeconds,
      firstJobSeconds: first.seconds,
      secondJobSeconds: second.seconds,
    };
  } finally {
    embedder.kill();
    await worker.stop();
  }
}

async function startEmbedder(port: number, store: string): Promise<ChildProcess> {
  const bin = fileURLToPath(new URL('../bin/diptych.mjs', import.meta.url));
  const args = ['serve', '--port', String(port), '--model', model, '--store', store];
  const embedder = spawn('node', [bin, ...args], {
    env: { ...process.env, DIPTYCH_EMBEDDER_TOKEN: token, DIPTYCH_API_KEY: token },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(embedder.stdout, 'data');
  return embedder;
}

/** Run a job to its end and measure when its last batch was encoded. */
async function job(url: string): Promise<{ encodedSeconds: number; seconds: number }> {
  const start = performance.now();
  const passed = () => (performance.now() - start) / 1000;
  const ask = async (path: string, method = 'GET') => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${url}${path}`, { method, headers });
    return ((await answer.json()) as { job: JobAnswer }).job;
  };
  const { id } = await ask(`/v1/collections/${collection}/reindex`, 'POST');
  let encodedSeconds = 0;
  let bar: ReturnType<typeof progressBar> | undefined;
  for (;;) {
    const { state, progress, error } = await ask(`/v1/jobs/${id}`);
    if (state === 'failed' || state === 'cancelled') throw new Error(`job: ${state}: ${error}`);
    if (state === 'encoding') {
      bar ??= progressBar('queue', progress.total);
      bar.update(progress.done);
      if (progress.done === progress.total) encodedSeconds ||= passed();
    } else if (state !== 'planning') encodedSeconds ||= passed();
    if (state === 'succeeded') {
      bar?.stop();
      return { encodedSeconds, seconds: passed() };
    }
    await new Promise((resolve) => void setTimeout(resolve, 250));
  }
}

interface JobAnswer {
  readonly id: string;
  readonly state: string;
  readonly error: string | null;
  readonly progress: { readonly done: number; readonly total: number };
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
