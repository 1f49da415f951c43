import { availableParallelism } from 'node:os';
import { answerRequests } from '../../../common/threads/answer-requests.ts';
import { loadModel } from '../../load-model.ts';
import type { SessionOptions } from '../../../learn/onnx/session.ts';
import { threadData } from '../../../common/threads/start-thread.ts';
import { reproducibleModel } from './reproducible-model.ts';

export interface ModelThreadSettings {
  /** Folder of the model, or its id on the hub. */
  readonly model: string;
  readonly options: Pick<SessionOptions, 'threads' | 'device'>;
}

/** Load the model and make the table of what this thread answers. */
async function openAnswers({ model: dirOrHubId, options }: ModelThreadSettings) {
  const model = await loadModel(dirOrHubId, options);
  const { embedPixels, embedTexts } = reproducibleModel(
    model,
    options.threads ?? availableParallelism(),
  );
  const { id, hash, embedDim, imageRule } = model;
  return {
    /** Describe the model; the answer comes when it is loaded. */
    describe: () => ({ id, hash, embedDim, imageRule }),
    embedPixels,
    embedTexts,
    countTokens: (texts: readonly string[]) => model.countTokens(texts),
    release: () => model.dispose(),
  };
}

export type ModelAnswers = Awaited<ReturnType<typeof openAnswers>>;

answerRequests(openAnswers(threadData<ModelThreadSettings>()));
