import { createRandom } from '../../../gpu-embedder/common/random.ts';
import type { Batch } from '../../../gpu-embedder/learn/train/batch/batches.ts';
import type { ScratchConfig } from '../../../gpu-embedder/learn/train/recipe/config.ts';
import { parseTrainConfig } from '../../../gpu-embedder/learn/train/recipe/config.ts';
import type { TrainingModel } from '../../../gpu-embedder/learn/train/run/training-model.ts';
import { scratchModel } from '../../../gpu-embedder/learn/train/run/training-model.ts';

export const tiny = { size: 16, contextLength: 6, vocabSize: 40, embedDim: 16 } as const;

/** A run of one stage on a tiny model. */
export function tinyConfig(stage: object): ScratchConfig {
  const { size, contextLength, vocabSize, embedDim } = tiny;
  const defaults = { loss: 'infonce', batch: 8, steps: 1, learningRate: 0.01, warmupSteps: 5 };
  return parseTrainConfig(
    {
      modelId: 'tiny',
      architecture: {
        embedDim,
        image: { kind: 'cnn', imageSize: size, stem: 4, channels: [8, 16], blocks: [1, 1] },
        text: {
          kind: 'transformer',
          vocabSize,
          contextLength,
          width: 16,
          depth: 1,
          heads: 2,
          mlpRatio: 2,
        },
      },
      emaDecay: 0.5,
      stages: [{ ...defaults, ...stage }],
    },
    'test',
  ) as ScratchConfig;
}

export function tinyTrainingModel(config: ScratchConfig): TrainingModel {
  const vocab = Object.fromEntries(
    Array.from({ length: tiny.vocabSize }, (_, i) => [`t${i}`, i] as const),
  );
  return scratchModel(config, { model: { vocab } } as never);
}

/** Noise images, each with a caption of its own unless `positives` says more. */
export function noiseBatch(rows: number, seed = 9): Batch {
  const { size, contextLength, vocabSize } = tiny;
  const random = createRandom(seed);
  const positives = new Float32Array(rows * rows);
  for (let i = 0; i < rows; i++) positives[i * rows + i] = 1;
  return {
    pixels: Float32Array.from({ length: rows * 3 * size * size }, () => random.normal()),
    ids: Int32Array.from({ length: rows * contextLength }, (_, i) =>
      i % contextLength < 4 ? 1 + random.integer(vocabSize - 1) : 0,
    ),
    positives,
  };
}
