import type { Tensor, Tensors } from '../../onnx/session.ts';
import { tensor } from '../../onnx/session.ts';
import { gradientOutput } from './loss-graph.ts';
import type { SlotStore } from './slots.ts';
import type { StepResult } from './step.ts';

/** Where a run writes its outputs: into a given tensor, or null for a new one. */
export type Fetches = Record<string, Tensor | null>;

/**
 * Feed the memory of the slots itself: ONNX Runtime on the CPU reads weights in place, so nothing is
 * copied between steps.
 */
export function bindWeights(
  parameters: readonly { readonly name: string; readonly shape: readonly number[] }[],
  store: SlotStore,
): Record<string, Tensor> {
  return Object.fromEntries(
    parameters.map(({ name, shape }) => [name, tensor(store.get(name)!.data, shape)]),
  );
}

/** Give each parameter an array for its gradient, which a run fills. */
export function bindGradients(
  names: readonly string[],
  store: SlotStore,
  fetches: Fetches,
): Float32Array[] {
  return names.map((name) => {
    const { data, shape } = store.get(name)!;
    const gradient = new Float32Array(data.length);
    fetches[gradientOutput(name)] = tensor(gradient, shape);
    return gradient;
  });
}

/** Read the result of a step from the outputs of a run. */
export function readResult(
  results: Tensors,
  statistics: readonly string[],
): Pick<StepResult, 'loss' | 'statistics'> {
  const numbers = (name: string): Float32Array => results[name].data as Float32Array;
  return {
    loss: numbers('loss')[0],
    statistics: Object.fromEntries(statistics.map((name) => [name, numbers(name)])),
  };
}
