import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { weightsFormat } from '../../../src/version/weights-format.ts';
import type { TextTowerHeader } from '../../../src/version/weights-format.ts';
import { DiptychError } from '../../../src/errors.ts';
import { readPreprocessing } from '../../../src/image/preprocessing.ts';
import type { Preprocessing } from '../../../src/image/preprocessing.ts';
import { readModelFiles } from '../../common/model-folder/model-files.ts';
import { imageTowerConfigSchema, textTowerConfigSchema } from '../../common/model-folder/config.ts';
import type { CnnConfig, TextTowerConfig } from '../../common/model-folder/config.ts';
import { openHubWeights } from './hub-edge-weights.ts';
import { packConvolution, packMatrix, packProjection, packRows } from './pack-weights.ts';
import type { PackedMatrix } from './pack-weights.ts';
import { openStoredWeights } from './stored-weights.ts';
import type { WeightSource } from './stored-weights.ts';
import { writeTower } from './write-tower.ts';
import type { Packing } from './write-tower.ts';

/** What the edge must know of a model besides its weights and tokenizer. */
export interface EdgeModelDescription {
  readonly id: string;
  readonly embedDim: number;
  readonly imageSize: number;
  readonly contextLength: number;
  /** Log space. */
  readonly logitScale: number;
  readonly preprocessing: Preprocessing;
}

export interface EdgeWeights {
  /** Files of src/version/weights-format.ts. */
  readonly text: Uint8Array<ArrayBuffer>;
  readonly image: Uint8Array<ArrayBuffer>;
  readonly description: EdgeModelDescription;
}

const configSchema = z.object({
  diptych: z.object({
    modelId: z.string(),
    embedDim: z.number().int().positive(),
    logitScale: z.number(),
    architecture: z.object({ image: imageTowerConfigSchema, text: textTowerConfigSchema }),
  }),
});

/** Derives the weights of a tower: a file of src/version/weights-format.ts. */
export type DeriveWeights = () => Promise<Uint8Array<ArrayBuffer>>;

/** The weights of the towers that the kernels can run, each derived when it is asked for. */
export interface EdgeWeightSource {
  readonly description: EdgeModelDescription;
  /** Null if the kernels cannot run this tower. */
  readonly text: DeriveWeights | null;
  readonly image: DeriveWeights | null;
  /** For each tower that is null: the node of its ONNX file that was not understood. */
  readonly notUnderstood: { readonly text?: string; readonly image?: string };
}

/**
 * Derive the weights for the edge kernels from a model folder.
 *
 * @throws DiptychError `unreadable_model`: damaged, or the kernels cannot run both towers
 */
export async function edgeWeights(modelDir: string): Promise<EdgeWeights> {
  const { text, image, notUnderstood, description } = await openEdgeWeights(modelDir);
  if (!text || !image) {
    const reasons = [notUnderstood.text, notUnderstood.image].filter((one) => one !== undefined);
    throw new DiptychError('unreadable_model', reasons.join('; '));
  }
  return { text: await text(), image: await image(), description };
}

/**
 * Prepare to derive the weights of a model folder.
 *
 * @throws DiptychError `unreadable_model`: a file is missing or damaged
 */
export async function openEdgeWeights(modelDir: string): Promise<EdgeWeightSource> {
  const files = await readModelFiles(modelDir);
  return 'diptych' in files.config ? openOwnWeights(modelDir) : openHubWeights(files);
}

/** To derive both takes a third of a second, and a text query needs those of one tower. */
async function openOwnWeights(modelDir: string): Promise<EdgeWeightSource> {
  const config = configSchema.safeParse(await readJson(modelDir, 'config.json'));
  if (!config.success) {
    const [{ path, message }] = config.error.issues;
    throw refuse(modelDir, `config.json: ${path.join('.')}`, 'a model of diptych', message);
  }
  const { modelId: id, embedDim, logitScale, architecture } = config.data.diptych;
  const { image, text } = architecture;
  if (image.kind !== 'cnn') throw refuse(modelDir, 'image tower', 'kind cnn', image.kind);
  const { contextLength } = text;
  const preprocessing = readPreprocessing(await readJson(modelDir, 'preprocessor_config.json'));
  const { rescale, mean, std } = preprocessing;
  const { imageSize } = image;
  const headers = {
    text: textHeader(text, embedDim),
    image: { tower: 'image', embedDim, ...image, rescale, mean, std },
  } as const;
  for (const width of [embedDim, text.width, ...image.channels]) {
    const { columns } = weightsFormat.panel;
    if (width % columns) throw refuse(modelDir, 'width', `a multiple of ${columns}`, width);
  }
  const onnx = (name: string): Promise<WeightSource> =>
    openStoredWeights(join(modelDir, 'onnx', name));
  return {
    text: async () =>
      writeTower(headers.text, await onnx('text_model.onnx'), textTensors(text, embedDim)),
    image: async () =>
      writeTower(headers.image, await onnx('vision_model.onnx'), imageTensors(image, embedDim)),
    notUnderstood: {},
    description: { id, embedDim, imageSize, contextLength, logitScale, preprocessing },
  };
}

function textHeader(config: TextTowerConfig, embedDim: number): TextTowerHeader {
  const { vocabSize, contextLength, width, depth, heads, mlpRatio } = config;
  return {
    ...{ tower: 'text', embedDim, vocabSize, contextLength, width, depth, heads },
    ...{ hidden: mlpRatio * width, activation: 'relu', epsilon: 1e-5 },
    ...{ causal: false, pooling: 'mean', padding: null, start: null, end: null },
  };
}

function textTensors(config: TextTowerConfig, embedDim: number): Packing[] {
  const { vocabSize, contextLength, width, depth, mlpRatio } = config;
  const layers = Array.from({ length: depth }, (_, i) => [
    ...norm(`layers.${i}.ln1`, width),
    ...dense(`layers.${i}.attention.qkv`, width, 3 * width),
    ...dense(`layers.${i}.attention.out`, width, width),
    ...norm(`layers.${i}.ln2`, width),
    ...dense(`layers.${i}.mlp.fc1`, width, mlpRatio * width),
    ...dense(`layers.${i}.mlp.fc2`, mlpRatio * width, width),
  ]);
  const packTokens = (data: Float32Array): PackedMatrix => packRows(data, vocabSize, width);
  return [
    { name: 'token_embedding.weight', shape: [vocabSize, width], pack: packTokens },
    { name: 'position_embedding.weight', shape: [contextLength, width] },
    ...layers.flat(),
    ...norm('final_ln', width),
    ...dense('text_projection', width, embedDim),
  ];
}

function imageTensors({ stem, channels, blocks }: CnnConfig, embedDim: number): Packing[] {
  const stages = channels.map((width, i) => [
    ...(i > 0 ? convolution(`stages.${i}.down`, width, channels[i - 1], 2, 1) : []),
    ...Array.from({ length: blocks[i] }, (_, k) => [
      ...convolution(`stages.${i}.blocks.${k}.conv1`, width, width, 1, 3),
      ...convolution(`stages.${i}.blocks.${k}.conv2`, width, width, 1, 3),
    ]).flat(),
  ]);
  return [
    ...convolution('stem', channels[0], 3, stem, 3),
    ...stages.flat(),
    ...dense('image_projection', channels[channels.length - 1], embedDim, packProjection),
  ];
}

function norm(name: string, width: number): Packing[] {
  return [
    { name: `${name}.weight`, shape: [width] },
    { name: `${name}.bias`, shape: [width] },
  ];
}

function dense(name: string, from: number, to: number, pack = packMatrix): Packing[] {
  return [
    { name: `${name}.weight`, shape: [from, to], pack: (data) => pack(data, from, to) },
    { name: `${name}.bias`, shape: [to] },
  ];
}

function convolution(
  name: string,
  out: number,
  channels: number,
  block: number,
  kernel: number,
): Packing[] {
  const shape = [out, channels * block * block, kernel, kernel];
  const pack = (data: Float32Array): PackedMatrix =>
    packConvolution(data, { out, channels, block, kernel });
  return [
    { name: `${name}.weight`, shape, pack },
    { name: `${name}.bias`, shape: [out] },
  ];
}

async function readJson(modelDir: string, name: string): Promise<unknown> {
  const path = join(modelDir, name);
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new DiptychError('unreadable_model', `${path}: ${reason}`, undefined, { cause });
  }
}

function refuse(
  modelDir: string,
  what: string,
  expected: string,
  got: string | number,
): DiptychError {
  return new DiptychError(
    'unreadable_model',
    `${modelDir}: ${what}: the edge kernels expect ${expected}, got ${got}`,
  );
}
