import { parentPort, workerData } from 'node:worker_threads';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { DiptychError } from '../../src/errors.ts';
import type { ThreadData } from '../threads/start-thread.ts';
import type { BatchInputs } from './batches.ts';
import { startBatchSource } from './batch-source.ts';
import type { Checkpoint } from './checkpoint.ts';
import { readNewestCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { TrainConfig } from './config.ts';
import { encodeFrozenFeatures } from './frozen-features.ts';
import { openTrainingModel } from './open-training-model.ts';
import type { LogRecord } from './records.ts';
import { isLearning } from './slots.ts';
import type { TextInputSpec } from './text-input.ts';
import { openTextInput } from './text-input.ts';
import type { TimedStage, TrainerOptions } from './trainer.ts';
import { train } from './trainer.ts';
import { loadTrainingSet } from './training-set.ts';
import { openValidator } from './validation.ts';

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

export type TrainMessage =
  | { readonly type: 'begin'; readonly step: number }
  | { readonly type: 'record'; readonly record: LogRecord }
  | {
      readonly type: 'encoding';
      readonly what: string;
      readonly done: number;
      readonly total: number;
    }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'stage'; readonly stage: number }
  | { readonly type: 'failed'; readonly code: DiptychError['code']; readonly message: string }
  | { readonly type: 'stopped'; readonly step: number }
  | { readonly type: 'done'; readonly modelDir: string | null };

const data = (workerData as ThreadData<TrainThreadData>).data;
const send = (message: TrainMessage) => parentPort!.postMessage(message);
const warn = (message: string) => send({ type: 'warning', message });

let stopped = false;
// The only message to this thread asks it to stop.
parentPort!.once('message', () => (stopped = true)).unref();

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

async function main(): Promise<TrainMessage> {
  const { config, runDir, threads } = data;
  const path = join(runDir, 'checkpoint.bin');
  const set = loadTrainingSet(data.dataDir, config);
  const model = await openTrainingModel(config, data.text);
  const text = await openTextInput(data.text);
  const bare: BatchInputs = { ...model, text, features: {} };
  const features = await encodeFrozenFeatures(set, model, bare, {
    ...data,
    onProgress: (what, done, total) => send({ type: 'encoding', what, done, total }),
  });
  const inputs: BatchInputs = { ...bare, features };
  const { imageSize, normalisation } = model;
  const source = startBatchSource({ ...data, imageSize, normalisation, features });
  const validator = await openValidator(set, model, inputs, threads);
  const resumeFrom = data.resume ? readNewestCheckpoint(path, warn) : null;
  let lastStep = resumeFrom?.step ?? null;
  const lastStage = data.stages.length - 1;
  send({ type: 'begin', step: lastStep ?? 0 });
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
    if (ended) send({ type: 'stage', stage });
  };
  try {
    const { store, step, validation, finished } = await train({
      ...data,
      model,
      classes: Math.max(1, set.classes.length),
      words: set.words.list.length,
      validator,
      nextBatch: source.next,
      onRecord: (record) => send({ type: 'record', record }),
      onCheckpoint,
      resumeFrom,
      isStopped: () => stopped,
    });
    if (!finished) return { type: 'stopped', step };
    if (!model.isComplete(store)) return { type: 'done', modelDir: null };
    // A run that had already ended before --resume has no validation yet: do it now.
    const outcome = validation ?? (await validator?.run(store));
    if (outcome) await writeFile(join(runDir, 'validation.json'), JSON.stringify(outcome.queries));
    const modelDir = join(runDir, 'model');
    await model.save(modelDir, store);
    return { type: 'done', modelDir };
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

try {
  send(await main());
} catch (error) {
  const known = error instanceof DiptychError;
  send({
    type: 'failed',
    code: known ? error.code : 'internal',
    message: known ? error.message : String((error as Error).stack ?? error),
  });
}
