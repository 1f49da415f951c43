import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainableParameters } from '../../model/parameters.ts';
import { Graph } from '../../onnx/graph.ts';
import { tensor } from '../../onnx/session.ts';
import { batchFeeds } from '../batch/batch-feeds.ts';
import type { FeatureTable } from '../batch/feature-table.ts';
import type { Batch, BatchInputs } from '../batch/batches.ts';
import { singleCaptions } from '../batch/captions.ts';
import { towerInputs } from './loss-graph.ts';
import { openTrainingSession } from './open-training-session.ts';
import { plainImages, plainTexts } from '../batch/plain-batch.ts';
import type { Modality } from '../../model/tower.ts';
import type { TrainingModel } from '../run/training-model.ts';
import type { TrainingSet } from '../batch/training-set.ts';
import { validationText } from './validation.ts';

interface EncodeOptions {
  readonly runDir: string;
  readonly threads: number;
  readonly onProgress: (what: string, done: number, total: number) => void;
}

/** Rows of one run. */
const rows = 32;

/**
 * Encode the features of the frozen towers of a run once: those of all images for training and
 * validation, and those of all captions. They are kept in `<runDir>/features/`, and used again while
 * data and model stay the same.
 */
export async function encodeFrozenFeatures(
  set: TrainingSet,
  model: TrainingModel,
  inputs: BatchInputs,
  options: EncodeOptions,
): Promise<BatchInputs['features']> {
  const tables: Partial<Record<Modality, FeatureTable>> = {};
  for (const modality of model.frozenFeatures) {
    tables[modality] =
      modality === 'image'
        ? await imageTable(set, model, inputs, options)
        : await textTable(set, model, inputs, options);
  }
  return tables;
}

/** Encode images. Rows are by item ordinal; those outside of training and validation are zero. */
async function imageTable(
  set: TrainingSet,
  model: TrainingModel,
  inputs: BatchInputs,
  options: EncodeOptions,
): Promise<FeatureTable> {
  const { items } = set.dataset;
  const wanted = [...set.training, ...set.validation].sort((a, b) => a - b);
  const batchFrom = (from: number): Batch =>
    plainImages(set, wanted.slice(from, from + rows), rows, inputs);
  const key = [set.dataset.manifest.fingerprint, wanted.length];
  const { width, rows: found } = await encode(
    model,
    'image',
    wanted.length,
    batchFrom,
    key,
    options,
  );
  const all = shared(items.length * width);
  wanted.forEach((item, row) =>
    all.set(found.subarray(row * width, (row + 1) * width), item * width),
  );
  return { width, rows: all };
}

/** Encode every distinct caption. */
async function textTable(
  set: TrainingSet,
  model: TrainingModel,
  { text }: BatchInputs,
  options: EncodeOptions,
): Promise<FeatureTable> {
  const { items } = set.dataset;
  const captions = new Set<string>(set.validation.map((item) => validationText(set, item)));
  for (const item of set.training) {
    const { concept } = set.subjects[set.subjectOf[item]];
    for (const caption of singleCaptions(items[item], concept)) captions.add(caption);
  }
  const texts = [...captions];
  const batchFrom = (from: number): Batch => plainTexts(texts.slice(from, from + rows), rows, text);
  const key = [text.sequence, ...texts];
  const table = await encode(model, 'text', texts.length, batchFrom, key, options);
  return { ...table, rowOf: new Map(texts.map((caption, row) => [caption, row])) };
}

async function encode(
  model: TrainingModel,
  modality: Modality,
  count: number,
  batchFrom: (row: number) => Batch,
  key: readonly (string | number)[],
  { runDir, threads, onProgress }: EncodeOptions,
): Promise<FeatureTable> {
  const tower = model.tower(modality);
  const width = tower.featureWidth;
  const hash = createHash('sha256').update(`${model.hash} ${JSON.stringify(key)}`);
  const dir = join(runDir, 'features');
  const path = join(dir, `${modality}-${hash.digest('hex').slice(0, 16)}.f32`);
  const table = shared(count * width);
  if (existsSync(path)) {
    const bytes = readFileSync(path);
    if (bytes.length === table.byteLength) {
      new Uint8Array(table.buffer).set(bytes);
      return { width, rows: table };
    }
  }
  const g = new Graph();
  const p = new TrainableParameters(g, 1);
  g.output(tower.features(p.frozen(), towerInputs(g, tower, rows)), 'features');
  const weights = Object.fromEntries(
    p.list.map(({ name, shape, data }) => [name, tensor(data, shape)]),
  );
  const session = await openTrainingSession(g, { threads });
  for (let from = 0; from < count; from += rows) {
    const { features } = await session.run({ ...weights, ...batchFeeds(g, batchFrom(from)) });
    const part = (features.data as Float32Array).subarray(0, Math.min(rows, count - from) * width);
    table.set(part, from * width);
    onProgress(modality === 'image' ? 'images' : 'captions', Math.min(count, from + rows), count);
  }
  await session.close();
  await mkdir(dir, { recursive: true });
  await writeFile(`${path}.partial`, new Uint8Array(table.buffer));
  await rename(`${path}.partial`, path);
  return { width, rows: table };
}

/** Allocate memory that the batch thread can read as well. */
const shared = (length: number): Float32Array<SharedArrayBuffer> =>
  new Float32Array(new SharedArrayBuffer(length * 4));
