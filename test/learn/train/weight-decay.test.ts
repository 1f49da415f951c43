import { expect, test } from 'vitest';
import { buildLossGraph } from '../../../gpu-embedder/learn/train/step/loss-graph.ts';
import { planStage } from '../../../gpu-embedder/learn/train/step/open-step.ts';
import { tinyConfig, tinyTrainingModel } from './tiny-stage.ts';

test('weight decay takes products alone: no bias, norm, gain, position or temperature', () => {
  const config = tinyConfig({ loss: 'sigmoid' });
  const plan = planStage(config.stages[0], tinyTrainingModel(config), {
    classes: 1,
    words: 0,
    seed: 1,
  });
  const { parameters } = buildLossGraph(plan);
  const names = (decays: boolean): string[] =>
    parameters.filter(({ decay }) => decay === decays).map(({ name }) => name);
  for (const name of names(true)) expect(name).toMatch(/\.weight$/);
  for (const name of names(true)) expect(name).not.toMatch(/norm|ln|position|gain/);
  expect(names(true)).toContain('layers.0.mlp.fc1.weight');
  expect(names(true)).toContain('stages.0.blocks.0.conv1.weight');
  for (const name of ['logit_scale', 'logit_bias', 'stem.bias', 'stem.gain', 'final_ln.weight']) {
    expect(names(false)).toContain(name);
  }
});
