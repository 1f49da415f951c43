import { availableParallelism } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { DiptychError, type ErrorCode } from '../../src/errors.ts';
import { loadModel, type LoadedModel } from '../encode/load-model.ts';
import type { ImageRule } from '../encode/image-rule.ts';
import type { SessionOptions } from '../onnx/session.ts';
import type { ThreadData } from '../threads/start-thread.ts';
import { reproducibleModel, type DirectModel } from './reproducible-model.ts';

export interface ModelThreadSettings {
  /** Folder, or id on the hub. */
  readonly model: string;
  readonly options: Pick<SessionOptions, 'threads' | 'device'>;
}

export type ModelTask =
  | { readonly id: number; readonly kind: 'pixels'; readonly rgb: Uint8Array }
  | { readonly id: number; readonly kind: 'texts' | 'tokens'; readonly texts: readonly string[] }
  | { readonly id: number; readonly kind: 'dispose' };

/** What the thread tells once, when the model is loaded. */
export interface ModelFacts {
  readonly id: string;
  readonly hash: string;
  readonly embedDim: number;
  readonly imageRule: ImageRule;
}

export interface ThreadFailure {
  readonly code: ErrorCode;
  readonly message: string;
}

export type ModelThreadMessage =
  | { readonly loaded: ModelFacts }
  | { readonly unloaded: ThreadFailure }
  | { readonly id: number; readonly result: Float32Array | readonly number[] | null }
  | { readonly id: number; readonly failure: ThreadFailure };

const { model: dirOrHubId, options } = (workerData as ThreadData<ModelThreadSettings>).data;
const tell = (message: ModelThreadMessage) => parentPort!.postMessage(message);

try {
  const model = await loadModel(dirOrHubId, options);
  const embedder = reproducibleModel(model, options.threads ?? availableParallelism());
  const { id, hash, embedDim, imageRule } = model;
  parentPort!.on('message', (task: ModelTask) => {
    work(model, embedder, task).then(
      (result) => tell({ id: task.id, result }),
      (error: unknown) => tell({ id: task.id, failure: describe(error) }),
    );
  });
  tell({ loaded: { id, hash, embedDim, imageRule } });
} catch (error) {
  tell({ unloaded: describe(error) });
}

async function work(
  model: LoadedModel,
  embedder: DirectModel,
  task: ModelTask,
): Promise<Float32Array | readonly number[] | null> {
  switch (task.kind) {
    case 'pixels':
      return embedder.embedPixels(task.rgb);
    case 'texts':
      return embedder.embedTexts(task.texts);
    case 'tokens':
      return model.countTokens(task.texts);
    case 'dispose':
      await model.dispose();
      return null;
  }
}

function describe(error: unknown): ThreadFailure {
  const { message } = error as Error;
  return { code: error instanceof DiptychError ? error.code : 'internal', message };
}
