import * as ort from 'onnxruntime-node';
import { DiptychError } from '../../../src/errors.ts';
import type { Device } from '../../common/devices.ts';
import { checkDevice } from './check-device.ts';
import type { DataType, Shape, TypedArray } from './graph.ts';

export type Tensor = ort.Tensor;
export type Tensors = Readonly<Record<string, Tensor>>;

export interface SessionOptions {
  /** Threads within an operator; all cores by default. */
  readonly threads?: number;
  readonly device?: Device;
  /** Do not print why a run fails; the error says it as well. */
  readonly silent?: boolean;
  /**
   * Outputs that stay in the memory of a WebGPU device. The caller feeds them again and disposes of
   * them. To read one aborts the process (onnxruntime-node 1.30): use a session that returns its
   * input on the CPU.
   */
  readonly keptOnDevice?: readonly string[];
}

export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * Run the graph; it blocks the event loop (onnxruntime-node 1.30).
   *
   * @param fetches - names of the outputs to compute (all by default), or tensors to write them into.
   *   A tensor may be both fed and fetched if the graph reads it before it writes it
   */
  run(
    feeds: Tensors,
    fetches?: readonly string[] | Readonly<Record<string, Tensor | null>>,
  ): Promise<Tensors>;
  close(): Promise<void>;
}

/**
 * Open a model in onnxruntime.
 *
 * @param model - the bytes of an ONNX file, or its path
 * @throws DiptychError `unreadable_model`; `invalid_option` if the device is not available
 */
export async function openSession(
  model: Uint8Array | string,
  { threads, device = 'cpu', silent = false, keptOnDevice = [] }: SessionOptions = {},
): Promise<Session> {
  const options: ort.InferenceSession.SessionOptions = {
    executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
    logSeverityLevel: silent ? 4 : 3,
    // By default threads spin after a run and wait for more work. This would slow down what comes
    // next: another session, the update of the weights, the thread that makes batches.
    extra: { session: { force_spinning_stop: '1' } },
    ...(threads ? { intraOpNumThreads: threads } : {}),
    ...(device === 'webgpu' && keptOnDevice.length > 0
      ? {
          preferredOutputLocation: Object.fromEntries(
            keptOnDevice.map((name) => [name, 'gpu-buffer' as const]),
          ),
        }
      : {}),
  };
  const session = await create(model, options, device);
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    run: async (feeds, fetches) =>
      (await (fetches ? session.run(feeds, fetches) : session.run(feeds))) as Tensors,
    close: () => session.release(),
  };
}

async function create(
  model: Uint8Array | string,
  options: ort.InferenceSession.SessionOptions,
  device: Device,
): Promise<ort.InferenceSession> {
  try {
    return typeof model === 'string'
      ? await ort.InferenceSession.create(model, options)
      : await ort.InferenceSession.create(model, options);
  } catch (cause) {
    await checkDevice(device);
    const name = typeof model === 'string' ? model : `model of ${model.length} bytes`;
    throw new DiptychError(
      'unreadable_model',
      `${name}: onnxruntime cannot open it: ${(cause as Error).message}`,
      undefined,
      { cause },
    );
  }
}

/** Wrap an array as a tensor to feed or fetch; the tensor shares its memory. */
export function tensor(data: TypedArray, shape: Shape, dtype: DataType = 'float32'): Tensor {
  return new ort.Tensor(dtype, data as never, [...shape]);
}
