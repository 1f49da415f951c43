import * as ort from 'onnxruntime-node';
import { DiptychError } from '../../src/errors.ts';
import type { DataType, Shape, TypedArray } from './graph.ts';

export type Tensor = ort.Tensor;
export type Tensors = Readonly<Record<string, Tensor>>;

export interface SessionOptions {
  /** Threads within an operator; all cores by default. */
  readonly threads?: number;
  readonly device?: 'cpu' | 'webgpu' | 'cuda';
}

export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * Run the graph; it blocks the event loop (onnxruntime-node 1.30).
   *
   * @param fetches - names of the outputs to compute (all by default), or tensors that they are
   *   written into; a tensor may be both fed and fetched when each read precedes the write
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
 * @throws DiptychError `unreadable_model`
 */
export async function openSession(
  model: Uint8Array | string,
  { threads, device = 'cpu' }: SessionOptions = {},
): Promise<Session> {
  const options: ort.InferenceSession.SessionOptions = {
    executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
    logSeverityLevel: 3,
    ...(threads ? { intraOpNumThreads: threads } : {}),
  };
  const session = await create(model, options);
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
): Promise<ort.InferenceSession> {
  try {
    return typeof model === 'string'
      ? await ort.InferenceSession.create(model, options)
      : await ort.InferenceSession.create(model, options);
  } catch (cause) {
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
