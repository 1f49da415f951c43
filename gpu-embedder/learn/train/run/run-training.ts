import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DiptychError } from '../../../../src/errors.ts';
import { withFolderLock } from '../../../common/folder-lock.ts';
import { askThread } from '../../../common/threads/ask-thread.ts';
import { checkDatasetFiles } from '../../../data/prepared/read-dataset.ts';
import { checkDevice } from '../../onnx/check-device.ts';
import { startThread } from '../../../common/threads/start-thread.ts';
import {
  type TrainConfig,
  parseTrainConfig,
  stageLabel,
  stageSteps,
  imagesPerConceptOf,
} from '../recipe/config.ts';
import { followTraining } from './follow-training.ts';
import { type Stage, losses, lossOf } from '../losses/loss-table.ts';
import type { StepRecord, ValidationRecord } from './records.ts';
import { readJson } from '../report/read-run.ts';
import { truncateLog } from '../report/run-log.ts';
import { readDatasetManifest } from '../../../data/prepared/read-dataset.ts';
import { checkOrigin, readOrigin, writeOrigin } from '../report/run-origin.ts';
import { settleText } from './settle-text.ts';
import type { TrainAnswers, TrainThreadData } from './train-thread.ts';
import type { TimedStage } from './trainer.ts';
import type { TrainingSet } from '../batch/training-set.ts';
import { loadTrainingSet } from '../batch/training-set.ts';
import { trainingWarnings } from './training-warnings.ts';

export interface RunOptions extends Pick<
  TrainThreadData,
  'dataDir' | 'runDir' | 'threads' | 'device' | 'recordEvery' | 'checkpointEvery' | 'resume'
> {
  /** Null where a resumed run is asked for nothing but to go on. */
  readonly config: TrainConfig | null;
  /** Steps between validations; a twentieth of the run by default. */
  readonly validateEvery?: number;
  /** Ends the run after the step that is being done, with a checkpoint. */
  readonly signal?: AbortSignal;
}

export interface RunSummary {
  /** Null if the stages trained only one tower. */
  readonly modelDir: string | null;
  /** Last step that was done. */
  readonly steps: number;
  /** False where the run was stopped; `--resume` continues it. */
  readonly finished: boolean;
  readonly seconds: number;
  readonly last: StepRecord | null;
  readonly validation: ValidationRecord | null;
  /** What makes the run teach little, found before it began. */
  readonly warnings: readonly string[];
}

/**
 * Train into a run folder. It gets `config.json`, `run.json`, `tokenizer.json`, `checkpoint.bin`,
 * `log.jsonl`, and at the end `validation.json` and `model/`. A resumed run keeps its first configuration.
 */
export async function runTraining({ signal, ...options }: RunOptions): Promise<RunSummary> {
  await openRunFolder(options);
  return withFolderLock(options.runDir, { command: 'diptych train' }, async () => {
    const { warnings, ...settled } = await settleRun(options);
    signal?.throwIfAborted();
    return { ...(await supervise(settled, signal)), warnings };
  });
}

/** Open the run folder. An existing run is never overwritten: it may have taken days. */
async function openRunFolder({ runDir, resume }: RunOptions): Promise<void> {
  try {
    await mkdir(runDir, { recursive: true });
  } catch (cause) {
    throw new DiptychError(
      'invalid_option',
      `--out ${runDir}: expected a folder or a new name: ${(cause as Error).message}`,
      {},
      { cause },
    );
  }
  if (resume || !existsSync(join(runDir, 'checkpoint.bin'))) return;
  throw new DiptychError(
    'invalid_option',
    `--out ${runDir}: there is a run already; continue it with --resume, or name another folder`,
  );
}

/** Settle everything that the training thread needs to know, and close the data set again. */
async function settleRun(
  options: Omit<RunOptions, 'signal'>,
): Promise<TrainThreadData & Pick<RunSummary, 'warnings'>> {
  const { runDir, dataDir, resume } = options;
  await checkDevice(options.device);
  const configPath = join(runDir, 'config.json');
  const wanted = options.config && !resume ? options.config : readConfig(configPath);
  const notes = resume ? checkResumed(options) : [];
  const set = loadTrainingSet(dataDir, wanted);
  const images = set.training.length;
  const config = fitBatches(wanted, images);
  const stages = config.stages.map((stage): TimedStage => ({
    ...stage,
    steps: stageSteps(stage, images),
  }));
  checkClasses(set, config, stages);
  await checkDatasetFiles(set.dataset, ['pixels.bin']);
  const warnings = trainingWarnings(set, wanted.stages, config.stages);
  const asked = options.config && JSON.stringify(fitBatches(options.config, images));
  if (resume && asked && asked !== JSON.stringify(config)) {
    notes.push(
      `the recipe of this command differs from ${configPath}, which a resumed run keeps; edit that file to change what is left of the run`,
    );
  }
  for (const warning of [...notes, ...warnings])
    process.stderr.write(`warning: ${warning}
`);
  const text = await settleText(runDir, config, set, resume);
  set.close();
  if (!resume) {
    await writeOrigin(runDir, set.dataset.manifest, warnings);
    await writeFile(configPath, JSON.stringify(config, null, 2) + '\n');
  }
  const { validateEvery = Math.max(1, Math.ceil(totalSteps(stages) / 20)) } = options;
  return { ...options, config, stages, text, validateEvery, warnings };
}

/** @returns warnings */
function checkResumed({ runDir, dataDir }: Pick<RunOptions, 'runDir' | 'dataDir'>): string[] {
  const note = checkOrigin(readOrigin(runDir), runDir, dataDir, readDatasetManifest(dataDir));
  return note === null ? [] : [note];
}

/** Shrink batches that are larger than the data set: they would repeat images. */
function fitBatches(config: TrainConfig, images: number): TrainConfig {
  const fit = (stage: Stage): Stage =>
    stage.batch <= images
      ? stage
      : { ...stage, batch: images - (images % imagesPerConceptOf(stage)), microBatch: undefined };
  return { ...config, stages: config.stages.map(fit) };
}

const totalSteps = (stages: readonly TimedStage[]): number =>
  stages.reduce((sum, { steps }) => sum + steps, 0);

/** Follow the training thread until it ends: progress on stderr. */
async function supervise(
  data: TrainThreadData,
  signal?: AbortSignal,
): Promise<Omit<RunSummary, 'warnings'>> {
  const started = performance.now();
  if (!data.resume) truncateLog(join(data.runDir, 'log.jsonl'), 0);
  const entry = new URL('./train-thread.ts', import.meta.url);
  const thread = askThread<TrainAnswers>(startThread(entry), { what: 'the training thread' });
  const follower = followTraining(data);
  // It answers after the step that is being done. Where it has ended, there is nothing to stop.
  const stop = () => void thread.ask('stop').catch(() => {});
  signal?.addEventListener('abort', stop);
  try {
    const { modelDir, step, finished } = await thread.ask('train', data, follower.note);
    const seconds = (performance.now() - started) / 1000;
    return { modelDir, steps: step, finished, seconds, ...follower.records() };
  } finally {
    signal?.removeEventListener('abort', stop);
    follower.close();
    await thread.dispose();
  }
}

function readConfig(path: string): TrainConfig {
  if (!existsSync(path)) {
    throw new DiptychError('not_prepared', `nothing to resume: there is no ${path}`);
  }
  return parseTrainConfig(readJson(path), path);
}

/** Refuse a stage that needs images of the same concept or label if there are too few. */
function checkClasses(
  { classes }: TrainingSet,
  { minItemsPerClass }: TrainConfig,
  stages: readonly TimedStage[],
): void {
  const needing = stages.find(
    (stage) => lossOf(stage).needsClasses || imagesPerConceptOf(stage) > 1,
  );
  if (!needing || classes.length >= 2) return;
  const others = losses.flatMap(({ name, needsClasses }) => (needsClasses ? [] : [name]));
  throw new DiptychError(
    'invalid_option',
    `stage ${stageLabel(needing)}: expected at least 2 concepts or labels with ${minItemsPerClass} ` +
      `training images each, got ${classes.length}; a data set without them trains with ${others.join(' or ')}`,
  );
}
