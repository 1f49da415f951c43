import { parentPort, workerData } from 'node:worker_threads';
import type { ThreadData } from '../threads/start-thread.ts';
import type { BatchInputs, BatchRun } from './batches.ts';
import type { TrainConfig } from './config.ts';
import { makeBatch } from './make-batch.ts';
import type { TextInputSpec } from './text-input.ts';
import { openTextInput } from './text-input.ts';
import type { TimedStage } from './trainer.ts';
import { loadTrainingSet } from './training-set.ts';

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

const data = (workerData as ThreadData<BatchThreadData>).data;
const run: BatchRun = {
  set: loadTrainingSet(data.dataDir, data.config),
  config: data.config,
  inputs: { ...data, text: await openTextInput(data.text) },
};
const port = parentPort!;
port.on('message', ({ stage, step }: BatchRequest) => {
  const batch = makeBatch(run, data.stages[stage], stage, step);
  const buffers = Object.values(batch).map((array) => array.buffer as ArrayBuffer);
  port.postMessage({ stage, step, batch }, buffers);
});
