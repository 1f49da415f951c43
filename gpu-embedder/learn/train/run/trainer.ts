import { DiptychError } from '../../../../src/errors.ts';
import type { Batch } from '../batch/batches.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { TrainConfig } from '../recipe/config.ts';
import { stageLabel } from '../recipe/config.ts';
import type { Stage } from '../losses/loss-table.ts';
import { Meter } from './meter.ts';
import type { StepOptions } from '../step/open-step.ts';
import { openStep, planStage } from '../step/open-step.ts';
import type { LogRecord } from './records.ts';
import { learningRateAt } from './schedule.ts';
import type { SlotStore } from '../step/slots.ts';
import { followStatistic } from '../step/slots.ts';
import type { TrainingModel } from './training-model.ts';
import type { ValidationOutcome, Validator } from '../step/validation.ts';

/** The position of the loop. It is plain data, so that a checkpoint can hold it. */
interface Progress {
  stage: number;
  stageStep: number;
  step: number;
}

/** A stage whose number of steps is known. */
export type TimedStage = Stage & { readonly steps: number };

export interface TrainerOptions extends Omit<StepOptions, 'stageBegins'> {
  readonly config: TrainConfig;
  readonly stages: readonly TimedStage[];
  readonly model: TrainingModel;
  /** Rows of the prototype tables. */
  readonly classes: number;
  readonly words: number;
  readonly recordEvery: number;
  readonly checkpointEvery: number;
  readonly validateEvery: number;
  readonly validator: Validator | null;
  readonly nextBatch: (stage: number, step: number) => Promise<Batch>;
  readonly onRecord: (record: LogRecord) => void;
  /** Called every `checkpointEvery` steps and at the end of each stage. */
  readonly onCheckpoint: (checkpoint: Checkpoint) => Promise<void>;
  readonly resumeFrom: Checkpoint | null;
  /** Called after each step; true ends the run with a checkpoint. */
  readonly isStopped?: () => boolean;
}

export interface TrainingOutcome {
  /** Every parameter and running statistic by name. */
  readonly store: SlotStore;
  /** Last step that was done. */
  readonly step: number;
  /** The validation of the last step; null if no step was left, or nothing could be validated. */
  readonly validation: ValidationOutcome | null;
  /** False if the run was stopped before its end. */
  readonly finished: boolean;
}

/** Run all stages, or stop when asked to. */
export async function train(options: TrainerOptions): Promise<TrainingOutcome> {
  const { stages, resumeFrom } = options;
  const store: SlotStore = new Map((resumeFrom?.slots ?? []).map((slot) => [slot.name, slot]));
  const at: Progress = {
    stage: resumeFrom?.stage ?? 0,
    stageStep: resumeFrom?.stageStep ?? 0,
    step: resumeFrom?.step ?? 0,
  };
  let validation: ValidationOutcome | null = null;
  for (; at.stage < stages.length; at.stage++, at.stageStep = 0) {
    validation = await trainStage(options, store, at);
    const finished = at.stageStep === stages[at.stage].steps;
    if (!finished) return { store, step: at.step, validation, finished };
  }
  return { store, step: at.step, validation, finished: true };
}

/** @returns the validation of the last step */
async function trainStage(
  options: TrainerOptions,
  store: SlotStore,
  at: Progress,
): Promise<ValidationOutcome | null> {
  const { config, model, classes, words, recordEvery, checkpointEvery, validateEvery } = options;
  const stage = options.stages[at.stage];
  if (at.stageStep >= stage.steps) return null;
  const plan = planStage(stage, model, { classes, words, seed: config.seed });
  const step = await openStep(plan, store, { ...options, stageBegins: at.stageStep === 0 });
  const meter = new Meter();
  const warmupSteps = Math.min(stage.warmupSteps, Math.floor(stage.steps / 10));
  let last: ValidationOutcome | null = null;
  const validate = async (): Promise<void> => {
    last = (await options.validator?.run(store)) ?? null;
    if (!last) return;
    meter.addInside(last.insideMs);
    const { step, stage } = at;
    options.onRecord({ type: 'validation', step, stage, metrics: last.metrics });
  };
  try {
    // Validate the initial model if the run has one. After the first step there always is a model.
    if (at.step === 0) await validate();
    while (at.stageStep < stage.steps) {
      const batch = await options.nextBatch(at.stage, at.stageStep);
      const learningRate = learningRateAt(at.stageStep, { ...stage, warmupSteps });
      const result = await step.run(batch, {
        step: at.stageStep + 1,
        learningRate,
        weightDecay: stage.weightDecay,
        clipNorm: stage.clipNorm,
        emaDecay: config.emaDecay,
      });
      if (!Number.isFinite(result.loss) || !Number.isFinite(result.gradientNorm)) {
        throw diverged(stage, at, result.loss, result.gradientNorm);
      }
      for (const [name, value] of Object.entries(result.statistics)) {
        followStatistic(store, name, value, at.stageStep);
      }
      at.stageStep++;
      at.step++;
      meter.add(result, stage.batch);
      const isStopped = options.isStopped?.() ?? false;
      const isLast = at.stageStep === stage.steps || isStopped;
      const isDue = (every: number): boolean => at.step % every === 0 || isLast;
      const now = { step: at.step, stage: at.stage };
      // Downloads from a device are slow, so a record may have the scale of the previous checkpoint.
      if (isDue(checkpointEvery) || isDue(validateEvery)) await step.download();
      if (isDue(recordEvery)) {
        const scale = 'scale' in stage ? stage.scale : learntScale(store);
        options.onRecord({ type: 'step', ...now, scale, learningRate, ...meter.take() });
      }
      if (isDue(checkpointEvery)) await options.onCheckpoint({ ...at, slots: [...store.values()] });
      if (isStopped) return null;
      if (isDue(validateEvery) || at.stageStep === 1) await validate();
    }
    return last;
  } finally {
    await step.close();
  }
}

const learntScale = (store: SlotStore): number => Math.exp(store.get('logit_scale')!.data[0]);

function diverged(stage: Stage, at: Progress, loss: number, norm: number): DiptychError {
  return new DiptychError(
    'training_diverged',
    `step ${at.step + 1} (${stageLabel(stage)}): expected a finite loss and gradient, got loss ${loss}, gradient norm ${norm}`,
    { step: at.step + 1, stage: at.stage, learningRate: stage.learningRate },
  );
}
