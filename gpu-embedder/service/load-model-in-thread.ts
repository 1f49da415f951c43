import { DiptychError } from '../../src/errors.ts';
import type { SessionOptions } from '../onnx/session.ts';
import { startThread } from '../threads/start-thread.ts';
import type { DirectModel } from './reproducible-model.ts';
import type {
  ModelFacts,
  ModelTask,
  ModelThreadMessage,
  ModelThreadSettings,
  ThreadFailure,
} from './model-thread.ts';

/** A model in a thread of its own. */
export interface ThreadModel extends DirectModel {
  dispose(): Promise<void>;
  /** Settles when the thread ends without being asked to, with why. */
  readonly died: Promise<Error>;
}

type Task = ModelTask extends infer T ? (T extends unknown ? Omit<T, 'id'> : never) : never;

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Load a model in a thread of its own: a run of onnxruntime blocks the thread that asked for it,
 * and a service has to answer meanwhile.
 *
 * @throws DiptychError unreadable_model; invalid_option where the device is not there
 */
export async function loadModelInThread(
  model: string,
  options: Pick<SessionOptions, 'threads' | 'device'> = {},
): Promise<ThreadModel> {
  const settings: ModelThreadSettings = { model, options };
  const thread = startThread(new URL('./model-thread.ts', import.meta.url), settings);
  const waiting = new Map<number, Waiting>();
  let next = 0;
  let asked = false;
  let ended: Error | undefined;

  const ask = <R>(task: Task): Promise<R> =>
    new Promise((resolve, reject) => {
      if (ended) return reject(ended);
      const id = next++;
      waiting.set(id, { resolve, reject });
      thread.postMessage({ ...task, id });
    });

  const { loaded, died } = await new Promise<{ loaded: ModelFacts; died: Promise<Error> }>(
    (resolve, reject) => {
      const died = new Promise<Error>((tell) => {
        const end = (cause?: unknown) => {
          const why = new DiptychError(
            'embedder_failed',
            `the thread of the model ended${cause ? `: ${(cause as Error).message}` : ''}`,
            undefined,
            { cause },
          );
          ended ??= why;
          for (const { reject } of waiting.values()) reject(why);
          waiting.clear();
          reject(why);
          if (!asked) tell(why);
        };
        thread.on('error', end);
        thread.on('exit', () => end());
      });
      thread.on('message', (message: ModelThreadMessage) => {
        if ('loaded' in message) return resolve({ loaded: message.loaded, died });
        if ('unloaded' in message) return reject(toError(message.unloaded));
        const { resolve: answer, reject: fail } = waiting.get(message.id)!;
        waiting.delete(message.id);
        if ('failure' in message) fail(toError(message.failure));
        else answer(message.result as never);
      });
    },
  ).catch(async (error: unknown) => {
    await thread.terminate();
    throw error;
  });

  return {
    ...loaded,
    died,
    reproducible: true,
    embedPixels: (rgb) => ask({ kind: 'pixels', rgb }),
    embedTexts: (texts) => ask({ kind: 'texts', texts }),
    countTokens: (texts) => ask({ kind: 'tokens', texts }),
    dispose: async () => {
      asked = true;
      await ask({ kind: 'dispose' });
      await thread.terminate();
    },
  };
}

const toError = ({ code, message }: ThreadFailure) => new DiptychError(code, message);
