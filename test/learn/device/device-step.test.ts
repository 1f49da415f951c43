import { spawn } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { checkDevice } from '../../../gpu-embedder/learn/onnx/check-device.ts';
import { openDeviceStep } from '../../../gpu-embedder/learn/train/step/device-step.ts';
import { openDirectStep } from '../../../gpu-embedder/learn/train/step/direct-step.ts';
import { buildLossGraph } from '../../../gpu-embedder/learn/train/step/loss-graph.ts';
import type { StagePlan } from '../../../gpu-embedder/learn/train/step/loss-graph.ts';
import { adoptParameters } from '../../../gpu-embedder/learn/train/step/slots.ts';
import type { SlotStore } from '../../../gpu-embedder/learn/train/step/slots.ts';
import { outcomeOf } from '../../cli/run-diptych.ts';
import type { Comparison } from './compare-steps.ts';
import { compareSteps } from './compare-steps.ts';
import { softwareVulkan } from './software-vulkan.ts';
import { planNames, tinyBatch, tinyPlan } from './tiny-plans.ts';

function expectAgreement(comparison: Comparison): void {
  expect(Math.max(...comparison.lossDifferences)).toBeLessThan(1e-4);
  expect(comparison.normDifference).toBeLessThan(1e-4);
  expect(comparison.statisticDifference).toBeLessThan(1e-4);
  expect(comparison.weightDifference).toBeLessThan(1e-4);
  expect(comparison.compared).toBeGreaterThan(0.98);
}

function lossGraph(plan: StagePlan, store: SlotStore) {
  const graph = buildLossGraph(plan);
  adoptParameters(store, graph.parameters, true);
  return graph;
}

const openDirect = (plan: StagePlan, store: SlotStore) =>
  openDirectStep(lossGraph(plan, store), store, { threads: 1 });
const openInGraph = (plan: StagePlan, store: SlotStore) =>
  openDeviceStep(lossGraph(plan, store), store, { device: 'cpu', threads: 1 });

describe('AdamW in the graph', () => {
  test.each(planNames)('does in 20 steps what AdamW outside of it does: %s', async (name) => {
    // So close to its limit that the logit scale meets it.
    const plan = tinyPlan(name, Math.log(99.99));
    expectAgreement(await compareSteps(plan, openDirect, openInGraph));
  });

  test('leaves the weights alone where a gradient is not finite', async () => {
    const store: SlotStore = new Map();
    const step = await openInGraph(tinyPlan('cnn'), store);
    const before = structuredClone(store.get('stem.weight')!);
    const batch = tinyBatch(1);
    batch['pixels'][5] = NaN;
    const update = { step: 1, learningRate: 0.1, weightDecay: 0, clipNorm: 1, emaDecay: 0.5 };
    expect((await step.run(batch, update)).gradientNorm).toBeNaN();
    await step.download();
    expect(store.get('stem.weight')).toEqual(before);
    await step.run(tinyBatch(2), update);
    await step.download();
    expect(store.get('stem.weight')!.data).not.toEqual(before.data);
    await step.close();
  });
});

const compareOnWebGpu = (env: NodeJS.ProcessEnv) =>
  outcomeOf(
    spawn(process.execPath, ['--import', 'tsx', 'test/learn/device/compare-on-webgpu.ts'], { env }),
  );

describe('WebGPU', () => {
  const vulkan = softwareVulkan();
  const title = 'trains 20 steps as the CPU does';

  if (vulkan) {
    test(title, { timeout: 180_000 }, async () => {
      const { code, stdout, stderr } = await compareOnWebGpu(vulkan);
      expect(code, stderr).toBe(0);
      const comparisons = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Comparison);
      expect(comparisons).toHaveLength(planNames.length);
      comparisons.forEach(expectAgreement);
    });
  } else {
    test.skip(`${title} (needs the SwiftShader of Chromium: apt-get install chromium)`);
  }

  test('says what to install where there is no device', async () => {
    const env = {
      ...process.env,
      VK_ICD_FILENAMES: '/nowhere.json',
      VK_DRIVER_FILES: '/nowhere.json',
    };
    const { code, stderr } = await compareOnWebGpu(env);
    expect(code).toBe(1);
    expect(stderr).toContain('--device webgpu: no adapter');
    expect(stderr).toContain('libvulkan1');
  });
});

test('CUDA says what to install where it does not load', async () => {
  // A machine with CUDA has nothing to say.
  const problem = await checkDevice('cuda').catch((error: unknown) => error);
  if (problem) {
    expect(problem).toMatchObject({ code: 'invalid_option' });
    expect(String(problem)).toContain('ONNXRUNTIME_NODE_INSTALL=cuda12');
  }
});
