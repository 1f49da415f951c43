import type { StagePlan } from '../../../gpu-embedder/learn/train/step/loss-graph.ts';
import { openStep } from '../../../gpu-embedder/learn/train/step/open-step.ts';
import type { SlotStore } from '../../../gpu-embedder/learn/train/step/slots.ts';
import { compareSteps } from './compare-steps.ts';
import { planNames, tinyPlan } from './tiny-plans.ts';

/** Prints, for each plan, how training on WebGPU compares with training on the CPU. */
const open = (device: 'cpu' | 'webgpu') => (plan: StagePlan, store: SlotStore) =>
  openStep(plan, store, { threads: 1, device, stageBegins: true });
for (const name of planNames) {
  const comparison = await compareSteps(tinyPlan(name), open('cpu'), open('webgpu'));
  process.stdout.write(`${JSON.stringify({ name, ...comparison })}\n`);
}
