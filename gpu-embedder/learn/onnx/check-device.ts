import * as ort from 'onnxruntime-node';
import { DiptychError } from '../../../src/errors.ts';
import type { Device } from '../../common/devices.ts';
import { Graph } from './graph.ts';
import { writeModel } from './model-proto.ts';
import * as op from './operators/index.ts';

const advice: Readonly<Record<Exclude<Device, 'cpu'>, string>> = {
  webgpu:
    'no adapter: it takes a GPU with its driver and, on Linux, the Vulkan loader ' +
    '(Debian: apt-get install libvulkan1 mesa-vulkan-drivers; NVIDIA brings its own driver)',
  cuda:
    'the CUDA provider does not load: it takes Linux on x64, an NVIDIA driver, CUDA 12 with cuDNN 9, ' +
    'and the libraries that `ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node` fetches',
};

/**
 * Run one operator on a device.
 *
 * @throws DiptychError `invalid_option`; the message says what to install
 */
export async function checkDevice(device: Device): Promise<void> {
  if (device === 'cpu') return;
  const g = new Graph();
  const x = g.input('x', [1]);
  const y = g.output(op.Neg(g, x)).name;
  try {
    const session = await ort.InferenceSession.create(writeModel(g), {
      executionProviders: [device],
      logSeverityLevel: 3,
    });
    await session.run({ x: new ort.Tensor('float32', Float32Array.of(1), [1]) }, [y]);
    await session.release();
  } catch (cause) {
    throw new DiptychError(
      'invalid_option',
      `--device ${device}: ${advice[device]}; onnxruntime says: ${lastLine(cause as Error)}`,
      { device },
      { cause },
    );
  }
}

/** Messages of onnxruntime begin with a place in its source: keep the last line. */
const lastLine = ({ message }: Error): string =>
  message
    .trim()
    .split('\n')
    .at(-1)!
    .replace(/^.* was false\. /, '');
