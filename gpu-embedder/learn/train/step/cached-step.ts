import { gradients } from '../../autodiff/gradients.ts';
import { TrainableParameters } from '../../model/parameters.ts';
import { countFlops } from '../../onnx/count-flops.ts';
import { Graph } from '../../onnx/graph.ts';
import * as op from '../../onnx/operators/index.ts';
import { adamWStep, gradientNorm } from './adamw.ts';
import { featuresInput } from '../batch/feature-table.ts';
import { batchFeeds } from '../batch/batch-feeds.ts';
import type { Batch } from '../batch/batches.ts';
import type { Fetches } from './bind-slots.ts';
import { bindGradients, bindWeights, readResult } from './bind-slots.ts';
import type { StagePlan, TowerRole } from './loss-graph.ts';
import { buildLossGraph, featuresGradient, gradientOutput, towerInputs } from './loss-graph.ts';
import { openTrainingSession } from './open-training-session.ts';
import type { SlotStore } from './slots.ts';
import { adoptParameters } from './slots.ts';
import type { TrainingStep } from './step.ts';
import type { Modality } from '../../model/tower.ts';

/**
 * Open a step whose towers see `microBatch` rows at a time, but which has the gradient of the full
 * batch (GradCache, arXiv:2101.06983, section 3.2). First it computes the features of all rows, then
 * the heads and the loss over the whole batch; then each micro-batch runs again and takes the gradient
 * of its features.
 */
export async function openCachedStep(
  plan: StagePlan,
  store: SlotStore,
  options: { readonly threads: number; readonly stageBegins: boolean },
): Promise<TrainingStep> {
  const { batch, microBatch } = plan.stage;
  const rows = microBatch!;
  const live = plan.roles.filter(({ fromFeatures }) => !fromFeatures);
  const learning = live.filter(({ learns }) => learns).map(({ tower }) => tower.modality);
  const head = await openHead(plan, live, learning, store, options);
  const trunks = await Promise.all(
    live.map((role) => openTrunk(role, rows, plan.seed, store, options)),
  );
  const parts = [head, ...trunks.flatMap(({ backward }) => (backward ? [backward] : []))];
  const gradientArrays = parts.flatMap((part) => part.gradients);
  const slots = parts.flatMap((part) => part.names).map((name) => store.get(name)!);
  const passes = batch / rows;
  const flops = trunks.reduce((sum, trunk) => sum + trunk.flops * passes, head.flops);
  return {
    flops,
    run: async (whole, update) => {
      let insideMs = 0;
      const timed = async <T>(work: Promise<T>): Promise<T> => {
        const started = performance.now();
        const result = await work;
        insideMs += performance.now() - started;
        return result;
      };
      const features: Record<string, Float32Array> = {};
      for (const { role, forward } of trunks) {
        const all = new Float32Array(batch * role.tower.featureWidth);
        for (let pass = 0; pass < passes; pass++) {
          const part = await timed(forward(whole, pass * rows));
          all.set(part, pass * part.length);
        }
        features[featuresInput(role.tower.modality)] = all;
      }
      const result = await timed(head.run({ ...whole, ...features }));
      for (const { role, backward } of trunks) {
        if (!backward) continue;
        const name = featuresGradient(role.tower.modality);
        const upstream = { [name]: result[name].data as Float32Array };
        backward.clear();
        for (let pass = 0; pass < passes; pass++) {
          await timed(backward.run({ ...whole, ...upstream }, pass * rows));
        }
      }
      const norm = gradientNorm(gradientArrays);
      if (Number.isFinite(norm)) adamWStep(slots, gradientArrays, norm, update);
      return { ...readResult(result, head.statistics), gradientNorm: norm, insideMs };
    },
    download: async () => {},
    close: async () => {
      await head.close();
      for (const { close } of trunks) await close();
    },
  };
}

/** Open heads and loss over the whole batch, with the gradients of the heads and of the features. */
async function openHead(
  plan: StagePlan,
  live: readonly TowerRole[],
  learning: readonly Modality[],
  store: SlotStore,
  { threads, stageBegins }: { readonly threads: number; readonly stageBegins: boolean },
) {
  const roles = plan.roles.map((role) =>
    live.includes(role) ? { ...role, fromFeatures: true } : role,
  );
  const { graph, parameters, trained, statistics } = buildLossGraph({ ...plan, roles }, learning);
  adoptParameters(store, parameters, stageBegins);
  const names = trained.map(({ parameter }) => parameter.name);
  trained.forEach(({ parameter, gradient }) =>
    graph.output(gradient, gradientOutput(parameter.name)),
  );
  const session = await openTrainingSession(graph, { threads });
  const weights = bindWeights(parameters, store);
  const fetches: Fetches = { loss: null };
  for (const { name } of statistics) fetches[name] = null;
  for (const modality of learning) fetches[featuresGradient(modality)] = null;
  const gradientArrays = bindGradients(names, store, fetches);
  return {
    names,
    gradients: gradientArrays,
    flops: countFlops(graph),
    statistics: statistics.map(({ name }) => name),
    run: (batch: Batch) => session.run({ ...weights, ...batchFeeds(graph, batch) }, fetches),
    close: () => session.close(),
  };
}

/** Open the features of a tower for a micro-batch, and their gradient if the tower learns. */
async function openTrunk(
  role: TowerRole,
  rows: number,
  seed: number,
  store: SlotStore,
  options: { readonly threads: number; readonly stageBegins: boolean },
) {
  const { tower, learns } = role;
  const g = new Graph();
  const p = new TrainableParameters(g, seed);
  const scope = learns ? p : p.frozen();
  g.output(tower.features(scope, towerInputs(g, tower, rows)), 'features');
  adoptParameters(store, p.list, options.stageBegins);
  const session = await openTrainingSession(g, options);
  const weights = bindWeights(p.list, store);
  const forward = async (batch: Batch, firstRow: number): Promise<Float32Array> => {
    const { features } = await session.run({ ...weights, ...batchFeeds(g, batch, firstRow) });
    return features.data as Float32Array;
  };
  const backward = learns ? await openBackward(role, rows, seed, store, options.threads) : null;
  return {
    role,
    forward,
    backward,
    flops: countFlops(g) + (backward?.flops ?? 0),
    close: async () => {
      await session.close();
      await backward?.close();
    },
  };
}

/** Open a pass that takes the gradient of the features of a micro-batch and adds up the gradients. */
async function openBackward(
  { tower }: TowerRole,
  rows: number,
  seed: number,
  store: SlotStore,
  threads: number,
) {
  const g = new Graph();
  const p = new TrainableParameters(g, seed);
  const features = tower.features(p, towerInputs(g, tower, rows));
  const upstream = g.input(featuresGradient(tower.modality), features.shape);
  // The gradient of <features, upstream> is the product of upstream with the Jacobian.
  const product = op.ReduceSum(g, op.Mul(g, features, upstream), [0, 1], false);
  const learning = p.list.filter(({ frozen }) => !frozen);
  const found = gradients(
    g,
    product,
    learning.map(({ value }) => value),
  );
  const names = learning.map(({ name }) => name);
  found.forEach((gradient, i) => g.output(gradient!, gradientOutput(names[i])));
  const session = await openTrainingSession(g, { threads });
  const weights = bindWeights(p.list, store);
  const fetches: Fetches = {};
  const parts = bindGradients(names, store, fetches);
  const sums = parts.map((part) => new Float32Array(part.length));
  return {
    names,
    gradients: sums,
    flops: countFlops(g),
    clear: () => sums.forEach((sum) => sum.fill(0)),
    run: async (batch: Batch, firstRow: number): Promise<void> => {
      await session.run({ ...weights, ...batchFeeds(g, batch, firstRow) }, fetches);
      parts.forEach((part, s) => {
        const sum = sums[s];
        for (let i = 0; i < part.length; i++) sum[i] += part[i];
      });
    },
    close: () => session.close(),
  };
}
