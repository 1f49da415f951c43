import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { PreparedDataset } from '../data/prepared/read-dataset.ts';
import type { ThreadPool } from '../common/threads/thread-pool.ts';
import { decodeForModel } from '../common/images/decode-for-model.ts';
import type { DecodeAnswers, DecodedBatch } from './decode-thread.ts';
import { decodeThreads, perThread } from './decode-threads.ts';
import type { ImageRule } from '../common/model-folder/image-rule.ts';
import type { ModelDescription } from '../common/model-folder/model-description.ts';
import { preparedRgb, takesPreparedPixels } from '../data/prepared/prepared-rgb.ts';

export interface ImageBatch {
  /** RGB8 [batch, imageSize, imageSize, 3] */
  readonly rgb: Uint8Array;
  /** Items whose original could not be decoded, replaced by their resized prepared pixels. */
  readonly substituted: readonly { readonly item: string; readonly reason: string }[];
}

export interface BatchOptions {
  /** Ordinal to start at. */
  readonly first: number;
  readonly batchSize: number;
}

/** Read the images of a data set in order, as input of a model, and decode them in advance. */
export async function* imageBatches(
  dataset: PreparedDataset,
  model: ModelDescription & { readonly imageRule: ImageRule },
  options: BatchOptions,
): AsyncGenerator<ImageBatch> {
  if (options.first >= dataset.items.length) return;
  const pixels = await open(join(dataset.dir, 'pixels.bin'));
  try {
    yield* takesPreparedPixels(model, dataset)
      ? preparedBatches(dataset, pixels, options)
      : decodedBatches(dataset, pixels, model.imageRule, options);
  } finally {
    await pixels.close();
  }
}

async function* preparedBatches(
  dataset: PreparedDataset,
  pixels: FileHandle,
  { first, batchSize }: BatchOptions,
): AsyncGenerator<ImageBatch> {
  for (let from = first; from < dataset.items.length; from += batchSize) {
    const count = Math.min(batchSize, dataset.items.length - from);
    yield { rgb: await readPrepared(dataset, pixels, from, count), substituted: [] };
  }
}

async function* decodedBatches(
  dataset: PreparedDataset,
  pixels: FileHandle,
  rule: ImageRule,
  { first, batchSize }: BatchOptions,
): AsyncGenerator<ImageBatch> {
  const batches = Math.ceil((dataset.items.length - first) / batchSize);
  const count = Math.min(availableParallelism(), batches);
  const threads = decodeThreads({ dir: dataset.dir, rule }, count);
  const queue: { from: number; decoded: Promise<DecodedBatch> }[] = [];
  let from = first;
  try {
    while (from < dataset.items.length || queue.length > 0) {
      while (from < dataset.items.length && queue.length < perThread * count) {
        queue.push({ from, decoded: decodeFrom(threads, dataset, from, batchSize) });
        from += batchSize;
      }
      const batch = queue.shift()!;
      yield await substitute(dataset, pixels, rule, batch.from, await batch.decoded);
    }
  } finally {
    await threads.dispose();
  }
}

function decodeFrom(
  threads: ThreadPool<DecodeAnswers>,
  { items }: PreparedDataset,
  from: number,
  batchSize: number,
): Promise<DecodedBatch> {
  const images = items.slice(from, from + batchSize).map(({ image }) => image);
  const decoded = threads.ask('decode', images);
  // A batch may fail before it is awaited. The error is thrown where it is awaited.
  decoded.catch(() => {});
  return decoded;
}

/** Replace failed originals by prepared pixels, so that every item keeps its row. */
async function substitute(
  dataset: PreparedDataset,
  pixels: FileHandle,
  rule: ImageRule,
  from: number,
  { rgb, failures }: DecodedBatch,
): Promise<ImageBatch> {
  const side = dataset.manifest.imageSize;
  for (const { index } of failures) {
    const prepared = await readPrepared(dataset, pixels, from + index, 1);
    const png = await sharp(prepared, { raw: { width: side, height: side, channels: 3 } })
      .png()
      .toBuffer();
    rgb.set(await decodeForModel(png, rule), index * 3 * rule.imageSize ** 2);
  }
  const substituted = failures.map(({ index, reason }) => ({
    item: dataset.items[from + index].id,
    reason,
  }));
  return { rgb, substituted };
}

async function readPrepared(
  dataset: PreparedDataset,
  pixels: FileHandle,
  from: number,
  count: number,
): Promise<Uint8Array> {
  const length = 4 * dataset.manifest.imageSize ** 2;
  const rgba = new Uint8Array(count * length);
  await pixels.read(rgba, 0, rgba.length, from * length);
  return preparedRgb(rgba);
}
