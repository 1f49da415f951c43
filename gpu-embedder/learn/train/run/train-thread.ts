import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { DiptychError } from '../../../../src/errors.ts';
import { answerRequests } from '../../../common/threads/answer-requests.ts';
import type { BatchInputs } from '../batch/batches.ts';
import { startBatchSource } from './batch-source.ts';
import type { Checkpoint } from './checkpoint.ts';
import { readNewestCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { TrainConfig } from '../recipe/config.ts';
import { encodeFrozenFeatures } from '../step/frozen-features.ts';
import { openTrainingModel } from './open-training-model.ts';
import type { LogRecord } from './records.ts';
import { isLearning } from '../step/slots.ts';
import type { TextInputSpec } from '../batch/text-input.ts';
import { openTextInput } from '../batch/text-input.ts';
import type { TimedStage, TrainerOptions } from './trainer.ts';
import { train } from './trainer.ts';
import { loadTrainingSet } from '../batch/training-set.ts';
import { appendLog, truncateLog } from '../report/run-log.ts';
import { openValidator } from '../step/validation.ts';

export interface TrainThreadData extends Pick<
  TrainerOptions,
  'threads' | 'device' | 'recordEvery' | 'checkpointEvery' | 'validateEvery'
> {
  readonly dataDir: string;
  readonly runDir: string;
  readonly config: TrainConfig;
  readonly stages: readonly TimedStage[];
  readonly text: TextInputSpec;
  readonly resume: boolean;
}

/** What happens on the way. */
export type TrainNote =
  | { readonly type: 'begin'; readonly step: number }
  | { readonly type: 'record'; readonly record: LogRecord }
  | {
      readonly type: 'encoding';
      readonly what: string;
      readonly done: number;
      readonly total: number;
    }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'stage'; readonly stage: number };

/** How a run ended. */
export interface TrainEnd {
  /** Null where the stages trained one tower alone, or where it was stopped. */
  readonly modelDir: string | null;
  /** Last step that was done. */
  readonly step: number;
  /** False where it was stopped. */
  readonly finished: boolean;
}

let stopped = false;

const answers = {
  train: trainRun,
  /** End after the step that is being done, with a checkpoint. */
  stop: () => {
    stopped = true;
  },
};

export type TrainAnswers = typeof answers;

answerRequests(answers);

/** Say what a user can try when the loss is not a number any more. */
function advice(lastStep: number | null, learningRate: unknown): string {
  const from =
    lastStep === null
      ? 'no checkpoint has been written'
      : `the last good checkpoint is of step ${lastStep}`;
  return (
    `${from}. Lower the learning rate (now ${String(learningRate)}) or clipNorm in config.json ` +
    'of the run folder and continue with --resume'
  );
}

async function trainRun(data: TrainThreadData, tell: (note: TrainNote) => void): Promise<TrainEnd> {
  const warn = (message: string) => tell({ type: 'warning', message });
  const { config, runDir, threads } = data;
  const path = join(runDir, 'checkpoint.bin');
  const set = loadTrainingSet(data.dataDir, config);
  const model = await openTrainingModel(config, data.text);
  const text = await openTextInput(data.text);
  const bare: BatchInputs = { ...model, text, features: {} };
  const features = await encodeFrozenFeatures(set, model, bare, {
    ...data,
    onProgress: (what, done, total) => tell({ type: 'encoding', what, done, total }),
  });
  const inputs: BatchInputs = { ...bare, features };
  const { imageSize, normalisation } = model;
  const source = startBatchSource({ ...data, imageSize, normalisation, features });
  const validator = await openValidator(set, model, inputs, threads);
  const resumeFrom = data.resume ? readNewestCheckpoint(path, warn) : null;
  let lastStep = resumeFrom?.step ?? null;
  const lastStage = data.stages.length - 1;
  const logPath = join(runDir, 'log.jsonl');
  truncateLog(logPath, lastStep ?? 0);
  tell({ type: 'begin', step: lastStep ?? 0 });
  // This thread keeps the log, too: a process that is killed must not leave a checkpoint of a step
  // that the log has not reached.
  const onRecord = (record: LogRecord): void => {
    appendLog(logPath, record);
    tell({ type: 'record', record });
  };
  const onCheckpoint = async (checkpoint: Checkpoint): Promise<void> => {
    const { stage, stageStep, step } = checkpoint;
    const ended = stageStep === data.stages[stage].steps;
    // Leave out weights that never learn: they can be read from the model that the run started from.
    const slots = checkpoint.slots.filter(
      (slot) => isLearning(slot) || !model.weights.has(slot.name),
    );
    try {
      await writeCheckpoint(path, { ...checkpoint, slots });
      lastStep = step;
    } catch (error) {
      // Continue: the next checkpoint may find free space. Only the last one must be written.
      if (stopped || (ended && stage === lastStage)) throw error;
      warn((error as Error).message);
    }
    if (ended) tell({ type: 'stage', stage });
  };
  try {
    const { store, step, validation, finished } = await train({
      ...data,
      model,
      classes: Math.max(1, set.classes.length),
      words: set.words.list.length,
      validator,
      nextBatch: source.next,
      onRecord,
      onCheckpoint,
      resumeFrom,
      isStopped: () => stopped,
    });
    if (!finished) return { modelDir: null, step, finished };
    if (!model.isComplete(store)) return { modelDir: null, step, finished };
    // A run that had already ended before --resume has no validation yet: do it now.
    const outcome = validation ?? (await validator?.run(store));
    if (outcome) await writeFile(join(runDir, 'validation.json'), JSON.stringify(outcome.queries));
    const modelDir = join(runDir, 'model');
    await model.save(modelDir, store);
    return { modelDir, step, finished };
  } catch (error) {
    if (!(error instanceof DiptychError) || error.code !== 'training_diverged') throw error;
    const message = `${error.message}; ${advice(lastStep, error.details?.['learningRate'])}`;
    throw new DiptychError(error.code, message, error.details, { cause: error });
  } finally {
    await source.close();
    await validator?.close();
    set.close();
  }
}
