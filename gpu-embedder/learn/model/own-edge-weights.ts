import { z } from 'zod';
import { weightsFormat } from '../../../src/version/weights-format.ts';
import type { TextTowerHeader } from '../../../src/version/weights-format.ts';
import { imageTowerConfigSchema, textTowerConfigSchema } from '../../common/model-folder/config.ts';
import type { CnnConfig, TextTowerConfig } from '../../common/model-folder/config.ts';
import type { ModelFiles } from '../../common/model-folder/model-files.ts';
import type { DeriveWeights, EdgeModelDescription } from './edge-weights.ts';
import { packConvolution, packMatrix, packProjection, packRows } from './pack-weights.ts';
import type { PackedMatrix } from './pack-weights.ts';
import { openStoredWeights } from './stored-weights.ts';
import { writeTower } from './write-tower.ts';
import type { Packing } from './write-tower.ts';

const configSchema = z.object({
  diptych: z.object({
    architecture: z.object({ image: imageTowerConfigSchema, text: textTowerConfigSchema }),
  }),
});

/** The text tower of a model of ours, or why the kernels cannot run it. */
export function ownTextTower(
  { dir, config, textModel }: ModelFiles,
  { embedDim }: EdgeModelDescription,
): DeriveWeights | string {
  const { text } = configSchema.parse(config).diptych.architecture;
  const problem = problemOf(dir, 'text', [embedDim, text.width]);
  if (problem !== null) return problem;
  const header = textHeader(text, embedDim);
  return async () =>
    writeTower(header, await openStoredWeights(textModel), textTensors(text, embedDim));
}

/** The image tower of a model of ours, or why the kernels cannot run it. */
export function ownImageTower(
  { dir, config, visionModel }: ModelFiles,
  { embedDim, preprocessing }: EdgeModelDescription,
): DeriveWeights | string {
  const { image } = configSchema.parse(config).diptych.architecture;
  if (image.kind !== 'cnn') return `${dir}: image tower: expected kind cnn, got ${image.kind}`;
  const problem = problemOf(dir, 'image', [embedDim, ...image.channels]);
  if (problem !== null) return problem;
  const { rescale, mean, std } = preprocessing;
  const header = { tower: 'image', embedDim, ...image, rescale, mean, std } as const;
  return async () =>
    writeTower(header, await openStoredWeights(visionModel), imageTensors(image, embedDim));
}

function problemOf(dir: string, tower: string, widths: readonly number[]): string | null {
  const { columns } = weightsFormat.panel;
  const odd = widths.find((width) => width % columns);
  if (odd === undefined) return null;
  return `${dir}: width of the ${tower} tower: expected a multiple of ${columns}, got ${odd}`;
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
