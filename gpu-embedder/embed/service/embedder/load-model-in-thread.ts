import { askThread } from '../../../common/threads/ask-thread.ts';
import type { SessionOptions } from '../../../learn/onnx/session.ts';
import { startThread } from '../../../common/threads/start-thread.ts';
import type { ModelAnswers, ModelThreadSettings } from './model-thread.ts';
import type { DirectModel } from './reproducible-model.ts';

/** A model in a thread of its own. */
export interface ThreadModel extends DirectModel {
  dispose(): Promise<void>;
  /** Settles when the thread ends without being asked to, with why. */
  readonly died: Promise<Error>;
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
