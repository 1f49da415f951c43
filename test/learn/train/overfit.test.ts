import { expect, test } from 'vitest';
import type { Checkpoint } from '../../../gpu-embedder/learn/train/run/checkpoint.ts';
import type { LogRecord } from '../../../gpu-embedder/learn/train/run/records.ts';
import type { TimedStage } from '../../../gpu-embedder/learn/train/run/trainer.ts';
import { train } from '../../../gpu-embedder/learn/train/run/trainer.ts';
import { noiseBatch, tinyConfig, tinyTrainingModel } from './tiny-stage.ts';

interface Run {
  readonly losses: readonly number[];
  readonly checkpoints: readonly Checkpoint[];
}

async function run(stage: object, resumeFrom: Checkpoint | null = null): Promise<Run> {
  const config = tinyConfig(stage);
  const records: LogRecord[] = [];
  const checkpoints: Checkpoint[] = [];
  await train({
    config,
    stages: config.stages as TimedStage[],
    model: tinyTrainingModel(config),
    classes: 1,
    words: 0,
    threads: 1,
    device: 'cpu',
    recordEvery: 1,
    checkpointEvery: 10,
    validateEvery: 10,
    validator: null,
    nextBatch: async () => noiseBatch(config.stages[0].batch),
    onRecord: (record) => records.push(record),
    onCheckpoint: async (checkpoint) => {
      checkpoints.push(structuredClone(checkpoint));
    },
    resumeFrom,
  });
  const losses = records.flatMap((record) => (record.type === 'step' ? [record.loss] : []));
  return { losses, checkpoints };
}

test.each(['infonce', 'sigmoid'])('eight pairs are learned by heart with %s', async (loss) => {
  const { losses } = await run({ loss, steps: 150 });
  expect(losses[0]).toBeGreaterThan(1);
  expect(losses.at(-1)).toBeLessThan(0.05);
});

test.each([
  ['in one run', {}],
  ['in micro-batches', { microBatch: 4 }],
])('a run %s that resumes goes on as if it had never stopped', async (_, stage) => {
  const whole = await run({ steps: 30, ...stage });
  const rest = await run({ steps: 30, ...stage }, structuredClone(whole.checkpoints[0]));
  expect(rest.losses).toHaveLength(20);
  rest.losses.forEach((loss, i) => expect(loss).toBeCloseTo(whole.losses[10 + i], 5));
});

test('a loss that is no number stops the run and names the step', async () => {
  await expect(run({ steps: 40, learningRate: 1e30, warmupSteps: 0 })).rejects.toMatchObject({
    code: 'training_diverged',
    message: expect.stringMatching(/^step \d+ \(infonce image\+text\): expected a finite loss/),
  });
});
