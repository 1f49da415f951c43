import { answerRequests } from '../../../common/threads/answer-requests.ts';
import { handOver } from '../../../common/threads/thread-messages.ts';
import { threadData } from '../../../common/threads/start-thread.ts';
import type { BatchInputs, BatchRun } from '../batch/batches.ts';
import type { TrainConfig } from '../recipe/config.ts';
import { makeBatch } from './make-batch.ts';
import type { TextInputSpec } from '../batch/text-input.ts';
import { openTextInput } from '../batch/text-input.ts';
import type { TimedStage } from './trainer.ts';
import { loadTrainingSet } from '../batch/training-set.ts';

export interface BatchThreadData extends Omit<BatchInputs, 'text'> {
  readonly dataDir: string;
  readonly config: TrainConfig;
  readonly stages: readonly TimedStage[];
  readonly text: TextInputSpec;
}

export interface BatchRequest {
  readonly stage: number;
  readonly step: number;
}

async function openBatches(data: BatchThreadData) {
  const run: BatchRun = {
    set: loadTrainingSet(data.dataDir, data.config),
    config: data.config,
    inputs: { ...data, text: await openTextInput(data.text) },
  };
  return {
    make: ({ stage, step }: BatchRequest) => {
      const batch = makeBatch(run, data.stages[stage], stage, step);
      // Each array of a batch has a buffer of its own.
      return handOver(
        batch,
        Object.values(batch).map((array) => array.buffer as ArrayBuffer),
      );
    },
  };
}

export type BatchAnswers = Awaited<ReturnType<typeof openBatches>>;

answerRequests(openBatches(threadData<BatchThreadData>()));
