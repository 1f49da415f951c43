import { countFlops } from '../../onnx/count-flops.ts';
import { adamWStep, gradientNorm } from './adamw.ts';
import { batchFeeds } from '../batch/batch-feeds.ts';
import type { Fetches } from './bind-slots.ts';
import { bindGradients, bindWeights, readResult } from './bind-slots.ts';
import { gradientOutput } from './loss-graph.ts';
import type { SlotStore } from './slots.ts';
import { openTrainingSession } from './open-training-session.ts';
import type { LossGraph, TrainingStep } from './step.ts';

/** Open a step that is one run on the CPU, in the memory of the slots. */
export async function openDirectStep(
  lossGraph: LossGraph,
  store: SlotStore,
  { threads }: { readonly threads: number },
): Promise<TrainingStep> {
  const { graph, parameters, trained, statistics } = lossGraph;
  trained.forEach(({ parameter, gradient }) =>
    graph.output(gradient, gradientOutput(parameter.name)),
  );
  const session = await openTrainingSession(graph, { threads });
  const names = trained.map(({ parameter }) => parameter.name);
  const slots = names.map((name) => store.get(name)!);
  const weights = bindWeights(parameters, store);
  const observed = statistics.map(({ name }) => name);
  const fetches: Fetches = Object.fromEntries(['loss', ...observed].map((name) => [name, null]));
  const gradients = bindGradients(names, store, fetches);
  return {
    flops: countFlops(graph),
    run: async (batch, update) => {
      const started = performance.now();
      const result = await session.run({ ...weights, ...batchFeeds(graph, batch) }, fetches);
      const insideMs = performance.now() - started;
      const norm = gradientNorm(gradients);
      if (Number.isFinite(norm)) adamWStep(slots, gradients, norm, update);
      return { ...readResult(result, observed), gradientNorm: norm, insideMs };
    },
    download: async () => {},
    close: () => session.close(),
  };
}
