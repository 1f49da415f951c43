import { askThread } from '../../../common/threads/ask-thread.ts';
import type { SessionOptions } from '../../../learn/onnx/session.ts';
import { startThread } from '../../../common/threads/start-thread.ts';
import type { ModelAnswers, ModelThreadSettings } from './model-thread.ts';
import type { DirectModel } from './reproducible-model.ts';

/** A model that runs in a thread of its own. */
export interface ThreadModel extends DirectModel {
  dispose(): Promise<void>;
  /** Resolves with the reason when the thread ends although nobody asked it to. */
  readonly died: Promise<Error>;
}

/**
 * Load a model in a thread of its own. A run of onnxruntime blocks the thread that calls it, and a
 * service must answer other requests meanwhile.
 *
 * @throws DiptychError unreadable_model; invalid_option if this machine lacks the device
 */
export async function loadModelInThread(
  model: string,
  options: Pick<SessionOptions, 'threads' | 'device'> = {},
): Promise<ThreadModel> {
  const settings: ModelThreadSettings = { model, options };
  const thread = askThread<ModelAnswers>(
    startThread(new URL('./model-thread.ts', import.meta.url), settings),
    { what: 'the thread of the model', code: 'embedder_failed' },
  );
  try {
    const facts = await thread.ask('describe');
    return {
      ...facts,
      died: thread.died,
      reproducible: true,
      embedPixels: (rgb) => thread.ask('embedPixels', rgb),
      embedTexts: (texts) => thread.ask('embedTexts', texts),
      countTokens: (texts) => thread.ask('countTokens', texts),
      dispose: async () => {
        await thread.ask('release');
        await thread.dispose();
      },
    };
  } catch (error) {
    await thread.dispose();
    throw error;
  }
}
