import { expect, test } from 'vitest';
import { openStep, planStage } from '../../../gpu-embedder/learn/train/step/open-step.ts';
import type { SlotStore } from '../../../gpu-embedder/learn/train/step/slots.ts';
import { noiseBatch, tinyConfig, tinyTrainingModel } from './tiny-stage.ts';

/** The first moments after one step are the clipped gradients times one minus beta1. */
async function oneStep(stage: object): Promise<{ loss: number; store: SlotStore }> {
  const config = tinyConfig(stage);
  const plan = planStage(config.stages[0], tinyTrainingModel(config), {
    classes: 1,
    words: 0,
    seed: 1,
  });
  const store: SlotStore = new Map();
  const options = { threads: 1, device: 'cpu', stageBegins: true } as const;
  const step = await openStep(plan, store, options);
  const { loss } = await step.run(noiseBatch(config.stages[0].batch), {
    step: 1,
    learningRate: 1e-3,
    weightDecay: 0,
    clipNorm: 1,
    emaDecay: 0,
  });
  await step.close();
  return { loss, store };
}

test.each([
  ['infonce', {}],
  ['sigmoid', {}],
  ['infonce', { train: ['text'] }],
  ['infonce', { train: ['image'] }],
])('%s %o in micro-batches has the gradient of the whole batch', async (loss, stage) => {
  const direct = await oneStep({ loss, batch: 32, ...stage });
  const cached = await oneStep({ loss, batch: 32, microBatch: 8, ...stage });
  expect(cached.loss).toBeCloseTo(direct.loss, 5);
  expect([...cached.store.keys()].sort()).toEqual([...direct.store.keys()].sort());
  for (const [name, { m }] of direct.store) {
    const found = cached.store.get(name)!.m;
    expect(found.length).toBe(m.length);
    if (m.length === 0) continue;
    const norm = (v: Float32Array): number => Math.hypot(...v);
    const error = norm(m.map((x, i) => x - found[i]));
    // Batch normalisation makes the gradient of the last bias before it zero but for rounding.
    expect(error, name).toBeLessThan(1e-4 * norm(m) + 1e-8);
  }
});
