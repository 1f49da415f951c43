import type { Slot } from '../../../gpu-embedder/learn/train/step/adamw.ts';
import type { StagePlan } from '../../../gpu-embedder/learn/train/step/loss-graph.ts';
import type { SlotStore } from '../../../gpu-embedder/learn/train/step/slots.ts';
import type { StepResult, TrainingStep } from '../../../gpu-embedder/learn/train/step/step.ts';
import { tinyBatch } from './tiny-plans.ts';

type Open = (plan: StagePlan, store: SlotStore) => Promise<TrainingStep>;

/** How far two ways of training are apart after 20 steps. */
export interface Comparison {
  readonly losses: readonly number[];
  /** Of each step. */
  readonly lossDifferences: readonly number[];
  /** Largest, relative. */
  readonly normDifference: number;
  /** Largest, of the first step, relative to the largest number of a statistic. */
  readonly statisticDifference: number;
  /** Largest over all arrays of all slots, relative to the largest number of an array. */
  readonly weightDifference: number;
  /** Share of the numbers that were compared. */
  readonly compared: number;
}

const steps = 20;

export async function compareSteps(plan: StagePlan, a: Open, b: Open): Promise<Comparison> {
  const [one, other] = [await run(plan, a), await run(plan, b)];
  const losses = one.results.map(({ loss }) => loss);
  const pairs = one.results.map((result, i) => [result, other.results[i]] as const);
  const slots = [...one.store.values()].map((slot) => compareSlots(slot, other.store));
  const total = slots.reduce((sum, { length }) => sum + length, 0);
  return {
    losses,
    lossDifferences: pairs.map(([x, y]) => Math.abs(x.loss - y.loss)),
    normDifference: Math.max(
      ...pairs.map(([x, y]) => Math.abs(x.gradientNorm / y.gradientNorm - 1)),
    ),
    statisticDifference: Math.max(
      ...Object.entries(one.results[0].statistics).map(([name, values]) =>
        difference(values, other.results[0].statistics[name]),
      ),
    ),
    weightDifference: Math.max(...slots.map((slot) => slot.difference)),
    compared: slots.reduce((sum, { compared }) => sum + compared, 0) / total,
  };
}

async function run(plan: StagePlan, open: Open) {
  const store: SlotStore = new Map();
  const step = await open(plan, store);
  const results: StepResult[] = [];
  for (let i = 1; i <= steps; i++) {
    const update = { step: i, learningRate: 0.005, weightDecay: 0.1, clipNorm: 2, emaDecay: 0.5 };
    results.push(await step.run(tinyBatch(i), update));
  }
  await step.download();
  await step.close();
  return { results, store };
}

/**
 * Where the exact gradient is zero (the bias of attention keys, or what batch normalisation takes
 * away) AdamW follows rounding errors, which no two devices share: those weights are left out.
 */
function compareSlots(slot: Slot, store: SlotStore) {
  const other = store.get(slot.name)!;
  const isExact = (_: number, i: number) =>
    slot.v.length === 0 || slot.v[i] === 0 || slot.v[i] > 1e-9;
  const exact = (array: Float32Array) => array.filter(isExact);
  const arrays = ['data', 'average', ...(slot.m.length > 0 ? (['m', 'v'] as const) : [])] as const;
  return {
    length: slot.data.length,
    compared: exact(slot.data).length,
    difference: Math.max(
      ...arrays.map((array) => difference(exact(slot[array]), exact(other[array]))),
    ),
  };
}

function difference(a: Float32Array, b: Float32Array): number {
  if (a.length === 0) return 0;
  const largest = a.reduce((max, x) => Math.max(max, Math.abs(x)), Number.MIN_VALUE);
  return a.reduce((max, x, i) => Math.max(max, Math.abs(x - b[i])), 0) / largest;
}
