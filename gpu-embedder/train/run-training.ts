import { appendFile, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DiptychError } from '../../src/errors.ts';
import { openDataset, readPixels } from '../dataset/read-dataset.ts';
import { trainTokenizer } from '../model/tokenizer-trainer.ts';
import type { TokenizerJson } from '../model/tokenizer-trainer.ts';
import { progressBar } from '../progress.ts';
import { startThread } from '../threads/start-thread.ts';
import { classSubjects } from './batches.ts';
import type { TrainConfig, TrainingRecord } from './config.ts';
import { trainConfigSchema } from './config.ts';
import type { TrainMessage, TrainThreadData } from './train-thread.ts';
import type { TrainingSet } from './training-set.ts';
import { loadTrainingSet } from './training-set.ts';

export interface RunOptions {
  readonly dataDir: string;
  readonly runDir: string;
  readonly config: TrainConfig;
  readonly threads: number;
  readonly recordEvery: number;
  readonly checkpointEvery: number;
  readonly resume: boolean;
}

export interface RunSummary {
  /** Null where the stages trained one tower alone. */
  readonly modelDir: string | null;
  readonly steps: number;
  readonly seconds: number;
  readonly last: TrainingRecord | null;
}

/**
 * Train into a run folder: `config.json`, `tokenizer.json`, `checkpoint.bin`, `log.jsonl`, and in
 * the end `model/`. A resumed run keeps the configuration it began with.
 */
export async function runTraining(options: RunOptions): Promise<RunSummary> {
  const { runDir, dataDir } = options;
  await mkdir(runDir, { recursive: true });
  const config = await settleConfig(options);
  const dataset = openDataset(dataDir);
  const pixels = readPixels(dataset).buffer as SharedArrayBuffer;
  const set = loadTrainingSet(dataDir, pixels);
  const tokenizer = await settleTokenizer(options, config, set);
  const logPath = join(runDir, 'log.jsonl');
  if (!options.resume && existsSync(logPath)) await truncate(logPath);
  const data: TrainThreadData = {
    dataDir,
    runDir,
    pixels,
    config,
    classes: Math.max(1, classSubjects(set, config.minItemsPerClass).length),
    tokenizer,
    threads: options.threads,
    recordEvery: options.recordEvery,
    checkpointEvery: options.checkpointEvery,
    resume: options.resume,
  };
  return supervise(data, logPath);
}

/** Follow the training thread until it ends: progress on stderr, records in the log. */
async function supervise(data: TrainThreadData, logPath: string): Promise<RunSummary> {
  const total = data.config.stages.reduce((sum, stage) => sum + stage.steps, 0);
  const bar = progressBar('train', total);
  const started = performance.now();
  const thread = startThread(new URL('./train-thread.ts', import.meta.url), data);
  let last: TrainingRecord | null = null;
  let modelDir: string | null;
  let written = Promise.resolve();
  try {
    modelDir = await new Promise<string | null>((resolve, reject) => {
      thread.on('error', reject);
      thread.on('exit', () =>
        reject(new DiptychError('internal', 'the training thread ended early')),
      );
      thread.on('message', (message: TrainMessage) => {
        switch (message.type) {
          case 'record':
            last = message.record;
            bar.update(last.step, describe(last));
            written = written.then(() =>
              appendFile(logPath, JSON.stringify(message.record) + '\n'),
            );
            break;
          case 'warning':
            process.stderr.write(`warning: ${message.message}\n`);
            break;
          case 'stage':
            process.stderr.write(
              `stage ${message.stage + 1} of ${data.config.stages.length} done\n`,
            );
            break;
          case 'failed':
            reject(new DiptychError(message.code, message.message));
            break;
          case 'done':
            resolve(message.modelDir);
        }
      });
    });
  } finally {
    await written;
    bar.stop();
    await thread.terminate();
  }
  return {
    modelDir,
    steps: total,
    seconds: (performance.now() - started) / 1000,
    last,
  };
}

/** One record for people: "contrastive loss 2.345 scale 22.1 lr 1.9e-3 241 img/s". */
function describe(r: TrainingRecord): string {
  return `${r.kind} loss ${r.loss.toFixed(3)} scale ${r.scale.toFixed(1)} lr ${r.learningRate.toExponential(1)} ${r.imagesPerSecond.toFixed(0)}/s busy ${(r.busy * 100).toFixed(0)}%`;
}

async function settleConfig({ runDir, config, resume }: RunOptions): Promise<TrainConfig> {
  const path = join(runDir, 'config.json');
  if (resume) {
    if (!existsSync(path)) {
      throw new DiptychError(
        'not_prepared',
        `${runDir}: nothing to resume, there is no config.json`,
      );
    }
    return trainConfigSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  }
  await writeFile(path, JSON.stringify(config, null, 2) + '\n');
  return config;
}

async function settleTokenizer(
  { runDir, resume }: RunOptions,
  config: TrainConfig,
  set: TrainingSet,
): Promise<TokenizerJson> {
  const path = join(runDir, 'tokenizer.json');
  if (resume && existsSync(path)) return JSON.parse(await readFile(path, 'utf8')) as TokenizerJson;
  const tokenizer = trainTokenizer(captions(set), { vocabSize: config.text.vocabSize });
  await writeFile(path, JSON.stringify(tokenizer));
  return tokenizer;
}

/** What the tokenizer learns from; English counts more, as people type it more. */
function* captions(set: TrainingSet): Generator<{ text: string; weight: number }> {
  for (const { concept, items } of set.subjects) {
    for (const text of concept.names) yield { text, weight: 3 };
    for (const text of concept.keywords) yield { text, weight: 2 };
    for (const { names, keywords } of Object.values(concept.languages)) {
      for (const text of names) yield { text, weight: 1 };
      for (const text of keywords) yield { text, weight: 1 };
    }
    for (const i of items) for (const text of set.items[i].captions) yield { text, weight: 1 };
  }
}
