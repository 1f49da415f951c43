import type { Device } from '../../../common/devices.ts';
import { countFlops } from '../../onnx/count-flops.ts';
import { openDeviceMemory } from '../../onnx/device-memory.ts';
import type { Tensor } from '../../onnx/session.ts';
import { openSession, tensor } from '../../onnx/session.ts';
import type { Slot } from './adamw.ts';
import { updateFactors } from './adamw-graph.ts';
import { batchFeeds } from '../batch/batch-feeds.ts';
import { buildDeviceGraph } from './device-graph.ts';
import { fillPack, unpack } from './pack-parameters.ts';
import type { LossGraph, TrainingStep } from './step.ts';

export interface DeviceOptions {
  readonly device: Device;
  /** Threads of the operators that run on the CPU. */
  readonly threads: number;
}

/**
 * Train with AdamW inside the graph. With WebGPU, weights and moments stay on the device from step to
 * step. For other devices onnxruntime-node takes only tensors of the CPU, so each step copies them.
 *
 * @param slots - one for each parameter; they are read here, and `download` writes them
 * @throws DiptychError `invalid_option` if the device is not available
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
  return {
    flops: countFlops(lossGraph.graph),
    async run(batch, update) {
      const factors = updateFactors(update);
      const feeds = {
        ...Object.fromEntries(state),
        ...batchFeeds(lossGraph.graph, batch),
        update: tensor(factors, [factors.length]),
      };
      const started = performance.now();
      const results = await session.run(feeds);
      const insideMs = performance.now() - started;
      const numbers = (name: string) => results[name].data as Float32Array;
      const gradientNorm = numbers(norm)[0];
      // A step whose gradient is not finite does not change the weights; it is the same on the CPU.
      const isTaken = Number.isFinite(gradientNorm);
      for (const { input, output } of ports) {
        if (!output) continue;
        (isTaken ? state.get(input)! : results[output]).dispose();
        if (isTaken) state.set(input, results[output]);
      }
      return {
        loss: numbers(loss)[0],
        gradientNorm,
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
