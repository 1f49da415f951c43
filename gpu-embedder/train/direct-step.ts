import { countFlops } from '../onnx/count-flops.ts';
import type { Tensor } from '../onnx/session.ts';
import { tensor } from '../onnx/session.ts';
import { adamWStep, gradientNorm } from './adamw.ts';
import { gradientOutput } from './loss-graph.ts';
import type { SlotStore } from './slots.ts';
import { openTrainingSession } from './open-training-session.ts';
import type { LossGraph, TrainingStep } from './step.ts';
import { batchFeeds } from './batch-feeds.ts';

/**
 * A step on the CPU in one run. The slots' own memory is bound to the graph: ONNX Runtime reads
 * weights and writes gradients in place, so nothing is copied between steps.
 */
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
  const slots = trained.map(({ parameter }) => store.get(parameter.name)!);
  const weights: Record<string, Tensor> = {};
  for (const { name, shape } of parameters) weights[name] = tensor(store.get(name)!.data, shape);
  const fetches: Record<string, Tensor | null> = { loss: null };
  for (const { name } of statistics) fetches[name] = null;
  const gradients = slots.map(({ name, shape, data }) => {
    const gradient = new Float32Array(data.length);
    fetches[gradientOutput(name)] = tensor(gradient, shape);
    return gradient;
  });
  return {
    flops: countFlops(graph),
    run: async (batch, update) => {
      const started = performance.now();
      const result = await session.run({ ...weights, ...batchFeeds(graph, batch) }, fetches);
      const insideMs = performance.now() - started;
      const norm = gradientNorm(gradients);
      if (Number.isFinite(norm)) adamWStep(slots, gradients, norm, update);
      return {
        loss: (result['loss'].data as Float32Array)[0],
        gradientNorm: norm,
        statistics: Object.fromEntries(
          statistics.map(({ name }) => [name, result[name].data as Float32Array]),
        ),
        insideMs,
      };
    },
    download: async () => {},
    close: () => session.close(),
  };
}
