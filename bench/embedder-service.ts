import { availableParallelism } from 'node:os';
import pMap from 'p-map';
import { httpEmbedder } from '../src/embedder/http-embedder.ts';
import type { Embedder } from '../src/embedder/embedder.ts';
import {
  captionsOf,
  openDataset,
  readImageBytes,
  type PreparedDataset,
} from '../gpu-embedder/data/prepared/read-dataset.ts';
import type { Item } from '../gpu-embedder/data/prepared/prepared.ts';
import type { ThreadPool } from '../gpu-embedder/common/threads/thread-pool.ts';
import type { DecodeAnswers } from '../gpu-embedder/embed/decode-thread.ts';
import { decodeThreads } from '../gpu-embedder/embed/decode-threads.ts';
import { loadModel, type LoadedModel } from '../gpu-embedder/embed/load-model.ts';
import { createService } from '../gpu-embedder/embed/service/create-service.ts';
import { directEmbedder } from '../gpu-embedder/embed/service/embedder/direct-embedder.ts';
import { listen } from '../gpu-embedder/embed/service/http/listen.ts';
import { loadModelInThread } from '../gpu-embedder/embed/service/embedder/load-model-in-thread.ts';
import type { BenchOptions } from './bench.ts';

export interface EmbedderRow {
  readonly input: 'images' | 'texts';
  readonly way: string;
  readonly count: number;
  readonly perSecond: number;
  /** Share of the throughput of `encode`. Sides take turns, and the best round of each counts. */
  readonly ratio: number;
}

export const question =
  'What share of the throughput of `encode`, with decoding, do the embedder and its HTTP service reach?';
export const flags = ['model', 'data', 'count', 'rounds'] as const;

/** Items per request, as in a batch of a job. */
const requestItems = 256;
/** Concurrent requests. */
const concurrency = 2;
const batchSize = 64;

export async function run(options: BenchOptions = {}): Promise<EmbedderRow[]> {
  const dir = options['model'] ?? 'models/pictogram';
  const dataset = openDataset(options['data'] ?? '.diptych/data/pictograms-demo');
  const count = Number(options['count'] ?? 2048);
  const items = Array.from({ length: count }, (_, i) => dataset.items[i % dataset.items.length]);
  const model = await loadModel(dir);
  const threads = decodeThreads(
    { dir: dataset.dir, rule: model.imageRule },
    availableParallelism(),
  );
  const direct = directEmbedder(model);
  const threadModel = await loadModelInThread(dir);
  const service = createService({ model: threadModel, version: 'bench' });
  const { url, close } = await listen(service.app, '127.0.0.1', 0);
  const over = httpEmbedder({ url });
  const images = await imagesOf(dataset, items);
  const texts = items.map((item) => captionsOf(dataset, item)[0] ?? item.title);
  try {
    const rounds = Number(options['rounds'] ?? 3);
    return [
      ...(await compare('images', count, rounds, {
        encode: () => encodeImages(model, threads, items),
        'embedder in this process': () => inRequests(images, (part) => direct.encode(part, [])),
        'service over HTTP': () => inRequests(images, (part) => over.encode(part, [])),
      })),
      ...(await compare('texts', count, rounds, {
        encode: () => model.embedTexts(texts),
        'embedder in this process': () => inRequests(texts, (part) => direct.encode([], part)),
        'service over HTTP': () => inRequests(texts, (part) => over.encode([], part)),
      })),
    ];
  } finally {
    await close(0);
    await Promise.all([service.close(), direct.close(), threads.dispose()]);
    await Promise.all([threadModel.dispose(), model.dispose()]);
  }
}

const imagesOf = (dataset: PreparedDataset, items: readonly Item[]) =>
  pMap(
    items,
    async (item) => ({ bytes: await readImageBytes(dataset, item), type: item.image.type }),
    { concurrency: 16 },
  );

/** Encode like `encode` when prepared pixels do not fit the model. */
async function encodeImages(
  model: LoadedModel,
  threads: ThreadPool<DecodeAnswers>,
  items: readonly Item[],
): Promise<void> {
  const batches = inParts(items, batchSize).map((part) => part.map(({ image }) => image));
  let next = 0;
  const ahead = Array.from({ length: 2 * availableParallelism() }, () => decodeNext());
  function decodeNext() {
    const batch = batches[next++];
    return batch && threads.ask('decode', batch);
  }
  for (let i = 0; i < batches.length; i++) {
    const { rgb } = await ahead.shift()!;
    ahead.push(decodeNext());
    await model.embedPixels(rgb);
  }
}

async function inRequests<T>(
  inputs: readonly T[],
  encode: (part: readonly T[]) => ReturnType<Embedder['encode']>,
): Promise<void> {
  await pMap(inParts(inputs, requestItems), encode, { concurrency });
}

const inParts = <T>(inputs: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(inputs.length / size) }, (_, i) =>
    inputs.slice(i * size, (i + 1) * size),
  );

async function compare(
  input: EmbedderRow['input'],
  count: number,
  rounds: number,
  ways: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<EmbedderRow[]> {
  const best = new Map<string, number>();
  // The first round is a warm-up, which starts threads and fills caches.
  for (let round = 0; round <= rounds; round++) {
    for (const [way, work] of Object.entries(ways)) {
      const began = performance.now();
      await work();
      const perSecond = count / ((performance.now() - began) / 1000);
      process.stderr.write(`${input}, ${way}: ${perSecond.toFixed(0)}/s\n`);
      if (round > 0) best.set(way, Math.max(best.get(way) ?? 0, perSecond));
    }
  }
  const reference = best.get('encode')!;
  return [...best].map(([way, perSecond]) => ({
    input,
    way,
    count,
    perSecond,
    ratio: perSecond / reference,
  }));
}
