import type { Device } from '../../common/devices.ts';
import { Graph } from './graph.ts';
import { writeModel } from './model-proto.ts';
import * as op from './operators/index.ts';
import type { Session, Tensor } from './session.ts';
import { openSession, tensor } from './session.ts';

/** Moves numbers between the CPU and the memory that the sessions of a device use. */
export interface DeviceMemory {
  /** @returns a tensor [length of data]; the caller must dispose of it */
  upload(data: Float32Array): Promise<Tensor>;
  download(values: Tensor): Promise<Float32Array>;
  close(): Promise<void>;
}

export async function openDeviceMemory(device: Device): Promise<DeviceMemory> {
  return device === 'webgpu' ? webGpuMemory() : cpuMemory;
}

/** With onnxruntime-node (1.30), the CUDA provider also takes only tensors of the CPU. */
const cpuMemory: DeviceMemory = {
  upload: async (data) => tensor(data, [data.length]),
  download: async (values) => values.data as Float32Array,
  close: async () => {},
};

/** Two sessions return their input: one moves it to the device, the other back. */
async function webGpuMemory(): Promise<DeviceMemory> {
  const g = new Graph();
  g.output(op.Identity(g, g.input('x', [1], 'float32', ['n'])), 'y', ['n']);
  const model = writeModel(g);
  const up = await openSession(model, { device: 'webgpu', keptOnDevice: ['y'] });
  const down = await openSession(model, { device: 'webgpu' });
  const move = async (session: Session, x: Tensor) => (await session.run({ x })).y;
  return {
    upload: (data) => move(up, tensor(data, [data.length])),
    download: async (values) => (await move(down, values)).data as Float32Array,
    close: async () => {
      await up.close();
      await down.close();
    },
  };
}
