import { parentPort, workerData } from 'node:worker_threads';
import { join } from 'node:path';
import { DiptychError } from '../../src/errors.ts';
import type { TokenizerJson } from '../model/tokenizer-trainer.ts';
import type { ThreadData } from '../threads/start-thread.ts';
import { startBatchSource } from './batch-source.ts';
import { readNewestCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { TrainConfig, TrainingRecord } from './config.ts';
import { exportCheckpoint } from './export-checkpoint.ts';
import { train } from './trainer.ts';

export interface TrainThreadData {
  readonly dataDir: string;
  readonly runDir: string;
  readonly pixels: SharedArrayBuffer;
  readonly config: TrainConfig;
  readonly classes: number;
  readonly tokenizer: TokenizerJson;
  readonly threads: number;
  readonly recordEvery: number;
  readonly checkpointEvery: number;
  readonly resume: boolean;
}

export type TrainMessage =
  | { readonly type: 'record'; readonly record: TrainingRecord }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'stage'; readonly stage: number }
  | { readonly type: 'failed'; readonly code: DiptychError['code']; readonly message: string }
  | { readonly type: 'done'; readonly modelDir: string | null };

const data = (workerData as ThreadData<TrainThreadData>).data;
const send = (message: TrainMessage) => parentPort!.postMessage(message);
const path = join(data.runDir, 'checkpoint.bin');
const modelDir = join(data.runDir, 'model');
const source = startBatchSource({
  dataDir: data.dataDir,
  pixels: data.pixels,
  config: data.config,
  tokenizer: data.tokenizer,
});
try {
  let exportedStage = -1;
  const slots = await train({
    ...data,
    nextBatch: source.next,
    onRecord: (record) => send({ type: 'record', record }),
    onCheckpoint: async (checkpoint) => {
      await writeCheckpoint(path, checkpoint);
      const ended = checkpoint.stageStep === data.config.stages[checkpoint.stage].steps;
      if (ended && checkpoint.stage !== exportedStage) {
        exportedStage = checkpoint.stage;
        send({ type: 'stage', stage: checkpoint.stage });
      }
    },
    resumeFrom: data.resume
      ? readNewestCheckpoint(path, (message) => send({ type: 'warning', message }))
      : null,
  });
  const whole = ['image_projection.weight', 'text_projection.weight'].every((n) => slots.has(n));
  if (whole) await exportCheckpoint(modelDir, [...slots.values()], data.config, data.tokenizer);
  send({ type: 'done', modelDir: whole ? modelDir : null });
} catch (error) {
  const known = error instanceof DiptychError;
  send({
    type: 'failed',
    code: known ? error.code : 'internal',
    message: known ? error.message : String((error as Error).stack ?? error),
  });
} finally {
  await source.close();
}
