import type { TokenizerJson } from '../../../../src/text/tokenizer-json.ts';
import { pixelNormalisation } from '../../../common/model-folder/config.ts';
import type { PixelNormalisation } from '../batch/render-view.ts';
import type { ScratchConfig } from '../recipe/config.ts';
import { exportCheckpoint } from './export-checkpoint.ts';
import type { Stage } from '../losses/loss-table.ts';
import { ownImageTower, ownTextTower } from './own-towers.ts';
import type { SlotStore } from '../step/slots.ts';
import type { Modality, Tower } from '../../model/tower.ts';

/** The side of images in pixels, and the length of captions in tokens. */
export type InputSizes = Pick<Stage, 'imageSize' | 'textLength'>;

/** The model that a run trains: a new one, or an existing one. */
export interface TrainingModel {
  /** Hash of the files that it started from; empty from scratch. */
  readonly hash: string;
  /** Get a tower. @param sizes - if a stage trains at other sizes than those of the model */
  tower(modality: Modality, sizes?: InputSizes): Tower;
  /** Initial logitScale, log space. */
  readonly logitScale: number;
  /** Side of the images, pixels. */
  readonly imageSize: number;
  readonly normalisation: PixelNormalisation;
  /** Weights that it started from, by parameter name; none from scratch. */
  readonly weights: ReadonlyMap<string, { readonly data: Float32Array }>;
  /** Towers that may learn. */
  readonly learning: readonly Modality[];
  /** Towers whose features never change in this run: they are encoded once. */
  readonly frozenFeatures: readonly Modality[];
  /** Whether the store has all weights of both towers. */
  isComplete(store: SlotStore): boolean;
  /** Write the averaged weights as a model folder. */
  save(dir: string, store: SlotStore): Promise<void>;
}

/** A model of our architecture that starts with random weights. */
export function scratchModel(config: ScratchConfig, tokenizer: TokenizerJson): TrainingModel {
  const { architecture } = config;
  const vocabSize = Object.keys(tokenizer.model.vocab).length;
  const fitted = { ...architecture, text: { ...architecture.text, vocabSize } };
  return {
    hash: '',
    tower: (modality, { imageSize, textLength } = {}) =>
      modality === 'image' ? ownImageTower(fitted, imageSize) : ownTextTower(fitted, textLength),
    logitScale: config.logitScale ?? Math.log(20),
    imageSize: architecture.image.imageSize,
    normalisation: pixelNormalisation,
    weights: new Map(),
    learning: ['image', 'text'],
    frozenFeatures: [],
    isComplete: (store) =>
      ['image_projection.weight', 'text_projection.weight'].every((name) => store.has(name)),
    save: (dir, store) =>
      exportCheckpoint(dir, [...store.values()], { ...config, architecture: fitted }, tokenizer),
  };
}
