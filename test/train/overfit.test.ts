import { expect, test } from 'vitest';
import { createRandom } from '../../gpu-embedder/random.ts';
import type { Checkpoint } from '../../gpu-embedder/train/checkpoint.ts';
import type { TrainConfig, TrainingRecord } from '../../gpu-embedder/train/config.ts';
import { trainConfigSchema } from '../../gpu-embedder/train/config.ts';
import { train } from '../../gpu-embedder/train/trainer.ts';

const pairs = 8;
const size = 16;
const contextLength = 6;
const vocabSize = 40;

function tinyConfig(steps: number): TrainConfig {
  return trainConfigSchema.parse({
    modelId: 'eight-pairs',
    embedDim: 16,
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
    emaDecay: 0.5,
    stages: [{ kind: 'contrastive', steps, batch: pairs, learningRate: 0.01, warmupSteps: 5 }],
  });
}

/** Eight noise pictures, each with a caption of its own. */
function eightPairs(seed = 9) {
  const random = createRandom(seed);
  const identity = new Float32Array(pairs * pairs);
  for (let i = 0; i < pairs; i++) identity[i * pairs + i] = 1;
  return {
    pixels: Float32Array.from({ length: pairs * 3 * size * size }, () => random.normal()),
    ids: Int32Array.from({ length: pairs * contextLength }, (_, i) =>
      i % contextLength < 4 ? 1 + random.integer(vocabSize - 1) : 0,
    ),
    imageTargets: identity,
    textTargets: identity.slice(),
  };
}

interface Run {
  readonly losses: readonly number[];
  readonly checkpoints: readonly Checkpoint[];
}

async function run(config: TrainConfig, resumeFrom: Checkpoint | null = null): Promise<Run> {
  const records: TrainingRecord[] = [];
  const checkpoints: Checkpoint[] = [];
  await train({
    config,
    classes: 1,
    threads: 1,
    recordEvery: 1,
    checkpointEvery: 10,
    nextBatch: async () => eightPairs(),
    onRecord: (record) => records.push(record),
    onCheckpoint: async (checkpoint) => {
      checkpoints.push(structuredClone(checkpoint));
    },
    resumeFrom,
  });
  return { losses: records.map(({ loss }) => loss), checkpoints };
}

test('eight pairs are learned by heart', async () => {
  const { losses } = await run(tinyConfig(120));
  expect(losses[0]).toBeGreaterThan(1);
  expect(losses.at(-1)).toBeLessThan(0.05);
});

test('a run that resumes from a checkpoint goes on as if it had never stopped', async () => {
  const whole = await run(tinyConfig(30));
  const rest = await run(tinyConfig(30), structuredClone(whole.checkpoints[0]));
  expect(rest.losses).toHaveLength(20);
  rest.losses.forEach((loss, i) => expect(loss).toBeCloseTo(whole.losses[10 + i], 5));
});
