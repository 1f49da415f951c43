import type { ImageTowerConfig } from '../../../gpu-embedder/common/model-folder/config.ts';
import { createRandom } from '../../../gpu-embedder/common/random.ts';
import { featuresInput } from '../../../gpu-embedder/learn/train/batch/feature-table.ts';
import type { Batch } from '../../../gpu-embedder/learn/train/batch/batches.ts';
import { stageSchema } from '../../../gpu-embedder/learn/train/recipe/config.ts';
import type { StagePlan } from '../../../gpu-embedder/learn/train/step/loss-graph.ts';
import { ownImageTower, ownTextTower } from '../../../gpu-embedder/learn/train/run/own-towers.ts';

const [batch, imageSize, contextLength, vocabSize] = [8, 16, 6, 40];
const block = { width: 16, depth: 1, heads: 2, mlpRatio: 2 };

const imageTowers: Readonly<Record<string, ImageTowerConfig>> = {
  vit: { kind: 'vit', imageSize, patchSize: 4, ...block },
  cnn: { kind: 'cnn', imageSize, stem: 4, channels: [8, 16], blocks: [0, 1] },
};

/**
 * `vit`: a ViT and a text transformer learn; `cnn`: a CNN learns next to a frozen text tower whose
 * features are fed. Both by InfoNCE.
 */
export const planNames = ['vit', 'cnn'] as const;
export type PlanName = (typeof planNames)[number];

export function tinyPlan(name: PlanName, logitScale = Math.log(20)): StagePlan {
  const architecture = {
    embedDim: 16,
    image: imageTowers[name],
    text: { kind: 'transformer' as const, vocabSize, contextLength, ...block },
  };
  const textLearns = name === 'vit';
  return {
    stage: stageSchema.parse({ loss: 'infonce', batch, steps: 1, learningRate: 1 }),
    roles: [
      { tower: ownImageTower(architecture), learns: true, fromFeatures: false },
      { tower: ownTextTower(architecture), learns: textLearns, fromFeatures: !textLearns },
    ],
    classes: 1,
    words: 0,
    logitScale,
    seed: 3,
  };
}

/** Noise, another one in each step. */
export function tinyBatch(step: number): Batch {
  const random = createRandom(100 + step);
  const noise = (length: number) => Float32Array.from({ length }, () => random.normal());
  const positives = new Float32Array(batch * batch);
  for (let i = 0; i < batch; i++) positives[i * batch + i] = 1;
  return {
    pixels: noise(batch * 3 * imageSize * imageSize),
    ids: Int32Array.from({ length: batch * contextLength }, (_, i) =>
      i % contextLength < 4 ? 1 + random.integer(vocabSize - 1) : 0,
    ),
    [featuresInput('text')]: noise(batch * block.width),
    positives,
  };
}
