import { DiptychError } from '../../src/errors.ts';
import type { SessionOptions } from '../learn/onnx/session.ts';
import {
  checkDatasetFiles,
  openDataset,
  readDatasetManifest,
} from '../data/prepared/read-dataset.ts';
import { takesPreparedPixels } from '../data/prepared/prepared-rgb.ts';
import type { PreparedDataset } from '../data/prepared/read-dataset.ts';
import { withFolderLock } from '../common/folder-lock.ts';
import { progressBar } from '../common/progress.ts';
import type { Caption } from './collect-captions.ts';
import { collectCaptions } from './collect-captions.ts';
import type { EncodeReport, Identity } from './encoding-journal.ts';
import { finish, partialPaths, readFinished, startOrResume } from './encoding-journal.ts';
import { imageBatches } from './image-batches.ts';
import { knownCaptions } from './known-captions.ts';
import { keepCaptions, keepImages } from './keep-rows.ts';
import type { EmbeddingModel } from './load-model.ts';
import { describeModel } from '../common/model-folder/model-description.ts';
import { modelDir } from '../common/model-folder/model-dir.ts';
import { hashModel, readModelFiles } from '../common/model-folder/model-files.ts';
import type { PartialRows } from './partial-rows.ts';
import { openPartialRows } from './partial-rows.ts';
import { formatVersion } from './read-embeddings.ts';

export interface EncodeOptions extends SessionOptions {
  /** Model folder, or the id of a hub model. */
  readonly model: string;
  /** Prepared data set. */
  readonly data: string;
  readonly collection: string;
  /** Folder of the embeddings; `.diptych/embeddings/<collection>` by default. */
  readonly out?: string;
  /** Number of images in a batch; a batch of texts is four times as large. */
  readonly batchSize?: number;
}

export interface EncodeResult extends EncodeReport {
  readonly dir: string;
  /** Whether the embeddings already existed. */
  readonly unchanged: boolean;
}

/**
 * Embed the images and captions of a data set. An interrupted run continues where it stopped; a
 * finished run of the same model and data is left as it is. Captions that the same model embedded
 * before are taken over. An image or a caption without an embedding is left out, and the report names
 * it.
 *
 * @throws DiptychError unreadable_model, not_prepared, folder_in_use
 */
export async function encodeDataset(options: EncodeOptions): Promise<EncodeResult> {
  const { data, out = `.diptych/embeddings/${options.collection}` } = options;
  const dir = await modelDir(options.model);
  const files = await readModelFiles(dir);
  const { id, embedDim } = describeModel(files, dir === options.model ? undefined : options.model);
  const { name, fingerprint } = readDatasetManifest(data);
  const identity: Identity = {
    formatVersion,
    model: { id, hash: await hashModel(files), embedDim },
    dataset: { name, fingerprint },
  };
  return withFolderLock(out, { command: 'diptych encode' }, async () => {
    const finished = await readFinished(out, identity);
    if (finished) return { ...finished, dir: out, unchanged: true };
    const known = await knownCaptions(out, identity);
    await startOrResume(out, identity);
    // The import is this late so that a run with nothing to do does not load the runtime.
    const { loadModel } = await import('./load-model.ts');
    const model = await loadModel(options.model, options);
    try {
      const { batchSize = 64 } = options;
      return await encode(model, openDataset(data), identity, { out, batchSize, known });
    } finally {
      await model.dispose();
    }
  });
}

interface EncodeSettings {
  readonly out: string;
  readonly batchSize: number;
  /** Captions whose rows are taken over instead of being encoded. */
  readonly known: ReadonlyMap<string, Float32Array>;
}

async function encode(
  model: EmbeddingModel,
  dataset: PreparedDataset,
  identity: Identity,
  { out, batchSize, known }: EncodeSettings,
): Promise<EncodeResult> {
  const read = takesPreparedPixels(model, dataset)
    ? ['pixels.bin']
    : ['pixels.bin', 'originals.bin'];
  await checkDatasetFiles(dataset, read);
  const began = performance.now();
  const captions = collectCaptions(dataset);
  const paths = partialPaths(out);
  const imageRows = await openPartialRows(paths.images, model.embedDim);
  const captionRows = await openPartialRows(paths.captions, model.embedDim);
  const resumedAt = { images: imageRows.count, captions: captionRows.count };
  let reused = 0;
  try {
    await encodeImages(model, dataset, imageRows, batchSize);
    reused = await encodeCaptions(model, captions, captionRows, {
      batchSize: 4 * batchSize,
      known,
    });
  } finally {
    await imageRows.close();
    await captionRows.close();
  }
  const seconds = (performance.now() - began) / 1000;
  const images = await keepImages(out, dataset, model.embedDim);
  if (images.count === 0) {
    const [{ name, reason }] = images.failed;
    throw new DiptychError('unreadable_model', `${name}: ${reason}, as for every other image`);
  }
  const kept = await keepCaptions(out, captions, model.embedDim, images.rowOf);
  const isKept = new Set(dataset.items.flatMap(({ id }, i) => (images.rowOf[i] < 0 ? [] : id)));
  const result = {
    images: images.count,
    captions: kept.count,
    captionsSkipped: kept.skipped,
    failed: [...images.failed, ...kept.failed],
    substituted: imageRows.substituted.filter(({ item }) => isKept.has(item)),
    reused: { captions: reused },
    encoded: {
      images: dataset.items.length - resumedAt.images,
      captions: captions.length - resumedAt.captions - reused,
      seconds,
    },
  };
  await finish(out, identity, result, { ...images.files, ...kept.files });
  return { ...result, dir: out, unchanged: false };
}

async function encodeImages(
  model: EmbeddingModel,
  dataset: PreparedDataset,
  rows: PartialRows,
  batchSize: number,
): Promise<void> {
  const progress = measuredProgress('encode images', dataset.items.length, rows);
  for await (const batch of imageBatches(dataset, model, { first: rows.count, batchSize })) {
    await rows.append(await model.embedPixels(batch.rgb), batch.substituted);
    progress.update('images/s');
  }
  progress.stop();
}

async function encodeCaptions(
  model: EmbeddingModel,
  captions: readonly Caption[],
  rows: PartialRows,
  { batchSize, known }: Pick<EncodeSettings, 'batchSize' | 'known'>,
): Promise<number> {
  let reused = 0;
  const progress = measuredProgress('encode captions', captions.length, rows);
  while (rows.count < captions.length) {
    const batch = captions.slice(rows.count, rows.count + batchSize);
    const texts = batch.flatMap(({ text }) => (known.has(text) ? [] : text));
    const fresh = texts.length > 0 ? await model.embedTexts(texts) : new Float32Array();
    const all = new Float32Array(batch.length * model.embedDim);
    let next = 0;
    for (const [i, { text }] of batch.entries()) {
      const from = known.get(text) ?? fresh.subarray(next, (next += model.embedDim));
      all.set(from, i * model.embedDim);
    }
    await rows.append(all);
    reused += batch.length - texts.length;
    progress.update('captions/s');
  }
  progress.stop();
  return reused;
}

function measuredProgress(label: string, total: number, rows: PartialRows) {
  const progress = progressBar(label, total);
  const began = performance.now();
  const first = rows.count;
  return {
    update: (unit: string) => {
      const rate = (rows.count - first) / ((performance.now() - began) / 1000);
      progress.update(rows.count, `${rate.toFixed(0)} ${unit}`);
    },
    stop: progress.stop,
  };
}
