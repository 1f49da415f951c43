import { clock } from '../../../common/time-left.ts';
import type { TrainConfig } from '../recipe/config.ts';
import { stageLabel } from '../recipe/config.ts';
import type { StepRecord } from '../run/records.ts';
import type { Run } from './read-run.ts';

export interface Summary {
  /** The results of the run. */
  readonly facts: readonly (readonly [label: string, value: string])[];
  /** Of the stages that have begun. */
  readonly stages: { readonly head: readonly string[]; readonly rows: readonly string[][] };
}

/** The report compares memory with that after so many steps, when every buffer exists. */
const settledStep = 100;

/** Summarise a run in numbers for people. */
export function summarise(run: Run): Summary {
  const timed = withSeconds(run);
  const last = timed.at(-1);
  return {
    facts: last ? facts(run, timed, last) : [],
    stages: {
      head: ['Stage', 'Steps', 'Batch', 'Image size', 'Peak rate', 'Loss', 'Per second', 'Time'],
      rows: run.config.stages.flatMap((_, i) => {
        const records = timed.filter((record) => record.stage === i);
        return records.length ? [stageRow(run.config, i, records)] : [];
      }),
    },
  };
}

/** A record, with the steps and the wall time since the previous one. */
interface TimedRecord extends StepRecord {
  readonly count: number;
  readonly seconds: number;
}

function withSeconds({ steps, config }: Run): TimedRecord[] {
  return steps.map((record, i) => {
    const count = record.step - (steps[i - 1]?.step ?? 0);
    const { batch } = config.stages[record.stage];
    return { ...record, count, seconds: (count * batch) / record.imagesPerSecond };
  });
}

function facts({ config, validations }: Run, timed: readonly TimedRecord[], last: TimedRecord) {
  const total = sum(config.stages.map(({ steps }) => steps ?? NaN));
  const seconds = sum(timed.map((record) => record.seconds));
  const busy = sum(timed.map((record) => record.busy * record.seconds)) / seconds;
  const early = timed.find(({ step }) => step >= settledStep) ?? timed[0];
  return [
    ...recallFacts(validations.at(-1)?.metrics ?? {}),
    ['Loss', last.loss.toFixed(3)],
    ['Steps', last.step < total ? `${count(last.step)} of ${count(total)}` : count(last.step)],
    ['Time', duration(seconds)],
    ['Inside the model', `${(busy * 100).toFixed(0)} % of the time`],
    [`Memory, step ${early.step} → end`, `${gigabytes(early.rss)} → ${gigabytes(last.rss)} GB`],
  ] as const;
}

function recallFacts(metrics: Readonly<Record<string, number>>) {
  return (['image', 'text'] as const).flatMap((kind) => {
    const values = [1, 5, 10].map((k) => metrics[`${kind}_retrieval_recall@${k}`]);
    if (!values.every(Number.isFinite)) return [];
    const shown = values.map((value) => (value * 100).toFixed(1)).join(' / ');
    return [[kind === 'image' ? 'Image R@1 / 5 / 10' : 'Text R@1 / 5 / 10', `${shown} %`] as const];
  });
}

function stageRow(config: TrainConfig, index: number, records: readonly TimedRecord[]): string[] {
  const stage = config.stages[index];
  const ownSize = 'architecture' in config ? config.architecture.image.imageSize : undefined;
  const imageSize = stage.imageSize ?? ownSize;
  const seconds = sum(records.map((record) => record.seconds));
  const steps = sum(records.map((record) => record.count));
  return [
    `${index + 1} ${stageLabel(stage)}`,
    count(steps),
    count(stage.batch),
    stage.train.includes('image') && imageSize ? `${imageSize} px` : '',
    stage.learningRate.toExponential(),
    `${records[0].loss.toFixed(3)} → ${records.at(-1)!.loss.toFixed(3)}`,
    count(Math.round((steps * stage.batch) / seconds)),
    duration(seconds),
  ];
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const count = (value: number): string => value.toLocaleString('en');
const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(2);
const duration = (seconds: number): string => `${clock(seconds)} ${seconds < 3600 ? 'min' : 'h'}`;
