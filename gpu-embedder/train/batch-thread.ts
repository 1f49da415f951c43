import { parentPort, workerData } from 'node:worker_threads';
import { createTokenizer } from '../../src/text/tokenizer.ts';
import type { TokenizerJson } from '../model/tokenizer-trainer.ts';
import type { ThreadData } from '../threads/start-thread.ts';
import { createBatchMaker } from './batches.ts';
import type { TrainConfig } from './config.ts';
import { loadTrainingSet } from './training-set.ts';

export interface BatchThreadData {
  readonly dataDir: string;
  readonly pixels: SharedArrayBuffer;
  readonly config: TrainConfig;
  readonly tokenizer: TokenizerJson;
}

export interface BatchRequest {
  readonly stage: number;
  readonly step: number;
}

const { dataDir, pixels, config, tokenizer } = (workerData as ThreadData<BatchThreadData>).data;
const maker = createBatchMaker(
  loadTrainingSet(dataDir, pixels),
  config,
  createTokenizer(tokenizer, { contextLength: config.text.contextLength }),
);
const port = parentPort!;
port.on('message', ({ stage, step }: BatchRequest) => {
  const batch = maker.make(config.stages[stage], stage, step);
  const buffers = Object.values(batch).map((array) => array.buffer as ArrayBuffer);
  port.postMessage({ stage, step, batch }, buffers);
});
