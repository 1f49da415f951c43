import { readFile } from 'node:fs/promises';
import type {
  DualEncoderConfig,
  ImageTowerConfig,
} from '../../gpu-embedder/common/model-folder/config.ts';
import { createRandom } from '../../gpu-embedder/common/random.ts';
import type { AdamWStep } from '../../gpu-embedder/learn/train/step/adamw.ts';
import type { Batch } from '../../gpu-embedder/learn/train/batch/batches.ts';
import { parseTrainConfig } from '../../gpu-embedder/learn/train/recipe/config.ts';
import type { StagePlan } from '../../gpu-embedder/learn/train/step/loss-graph.ts';
import { ownImageTower, ownTextTower } from '../../gpu-embedder/learn/train/run/own-towers.ts';

/** A stage of symmetric InfoNCE over both towers, with the batch and the update of one step. */
export interface TwoTowers {
  readonly architecture: DualEncoderConfig;
  readonly plan: StagePlan;
  /** Noise: each image has its own caption. */
  readonly batch: Batch;
  readonly update: AdamWStep;
}

export type ImageKind = ImageTowerConfig['kind'];

const recipe = new URL(
  '../../gpu-embedder/learn/train/recipe/recipes/pictogram.json',
  import.meta.url,
);
const imageSize = 64;
const vit = {
  kind: 'vit',
  imageSize,
  patchSize: 8,
  width: 256,
  depth: 6,
  heads: 8,
  mlpRatio: 4,
} as const;

/** The towers of the starter recipe at 64 px, or a vision transformer in place of its CNN. */
export async function twoTowers(
  kind: ImageKind,
  batch: number,
  microBatch?: number,
): Promise<TwoTowers> {
  const { architecture: starter } = JSON.parse(await readFile(recipe, 'utf8')) as {
    architecture: DualEncoderConfig;
  };
  const image = kind === 'vit' ? vit : { ...starter.image, imageSize };
  const architecture = { ...starter, image };
  const { stages, seed, emaDecay } = parseTrainConfig(
    {
      modelId: 'bench',
      architecture,
      stages: [{ loss: 'infonce', steps: 1, batch, microBatch, learningRate: 1e-3 }],
    },
    'bench',
  );
  const [stage] = stages;
  const roles = [ownImageTower(architecture), ownTextTower(architecture)].map((tower) => ({
    tower,
    learns: true,
    fromFeatures: false,
  }));
  return {
    architecture,
    plan: { stage, roles, classes: 1, words: 0, logitScale: Math.log(20), seed },
    batch: noise(architecture, batch),
    update: { ...stage, step: 1, emaDecay },
  };
}

function noise({ image, text }: DualEncoderConfig, rows: number): Batch {
  const random = createRandom(1);
  const ids = new Int32Array(rows * text.contextLength);
  const positives = new Float32Array(rows * rows);
  for (let row = 0; row < rows; row++) {
    const length = 1 + random.integer(text.contextLength);
    for (let i = 0; i < length; i++) {
      ids[row * text.contextLength + i] = 1 + random.integer(text.vocabSize - 1);
    }
    positives[row * rows + row] = 1;
  }
  const pixels = new Float32Array(rows * 3 * image.imageSize ** 2);
  for (let i = 0; i < pixels.length; i++) pixels[i] = random.normal();
  return { pixels, ids, positives };
}
