import type { Device } from '../onnx/check-device.ts';
import { countFlops } from '../onnx/count-flops.ts';
import { openDeviceMemory } from '../onnx/device-memory.ts';
import type { Tensor } from '../onnx/session.ts';
import { openSession, tensor } from '../onnx/session.ts';
import type { Slot } from './adamw.ts';
import { updateFactors } from './adamw-graph.ts';
import { buildDeviceGraph } from './device-graph.ts';
import { fillPack, unpack } from './pack-parameters.ts';
import type { LossGraph, TrainingStep } from './step.ts';

export interface DeviceOptions {
  readonly device: Device;
  /** Of the operators that run on the CPU. */
  readonly threads: number;
}

/**
 * Train with AdamW inside the graph. On WebGPU weights and moments stay on the device from step to
 * step; elsewhere onnxruntime-node takes tensors of the CPU alone, so they travel in each step.
 *
 * @param slots - one for each parameter; read here, written by `download`
 * @throws DiptychError `invalid_option` where the device is not there
 */
export async function openDeviceStep(
  lossGraph: LossGraph,
  slots: ReadonlyMap<string, Slot>,
  { device, threads }: DeviceOptions,
): Promise<TrainingStep> {
  const { model, ports, loss, norm } = buildDeviceGraph(lossGraph, device === 'webgpu');
  const outputs = ports.flatMap(({ output }) => output ?? []);
  const session = await openSession(model, { threads, device, keptOnDevice: outputs });
  const memory = await openDeviceMemory(device);
  const state = new Map<string, Tensor>();
  for (const { pack, array, input } of ports) {
    state.set(input, await memory.upload(fillPack(pack, array, slots)));
  }
  const parameters = new Set(lossGraph.parameters.map(({ name }) => name));
  const batchInputs = lossGraph.graph.inputs
    .map(({ value }) => value)
    .filter(({ name }) => !parameters.has(name));

  return {
    flops: countFlops(lossGraph.graph),
    async run(batch, options) {
      const factors = updateFactors(options);
      const feeds = Object.fromEntries([...state, ['update', tensor(factors, [factors.length])]]);
      for (const { name, shape, dtype } of batchInputs) {
        feeds[name] = tensor(batch[name], shape, dtype);
      }
      const started = performance.now();
      const results = await session.run(feeds);
      const insideMs = performance.now() - started;
      for (const { input, output } of ports) {
        if (!output) continue;
        state.get(input)!.dispose();
        state.set(input, results[output]);
      }
      const numbers = (name: string) => results[name].data as Float32Array;
      return {
        loss: numbers(loss)[0],
        gradientNorm: numbers(norm)[0],
        statistics: Object.fromEntries(
          lossGraph.statistics.map(({ name }) => [name, numbers(name)]),
        ),
        insideMs,
      };
    },
    async download() {
      for (const { pack, array, input, output } of ports) {
        if (output) unpack(pack, array, await memory.download(state.get(input)!), slots);
      }
    },
    async close() {
      for (const values of state.values()) values.dispose();
      await memory.close();
      await session.close();
    },
  };
}
