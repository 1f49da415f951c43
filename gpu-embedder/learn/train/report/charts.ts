import { stageLabel } from '../recipe/config.ts';
import type { StepRecord } from '../run/records.ts';
import type { Chart, Series, StageSpan } from './chart.ts';
import type { Run } from './read-run.ts';

/** A smoothed value is a mean over records on either side: one per 50 records of the run, at most 5. */
const smoothing = { recordsPerReach: 50, mostReach: 5 };

/** Make the charts of a run, loss first. A run without records has none. */
export function chartsOf(run: Run): Chart[] {
  const [loss, ...others] = stepCharts(run);
  return [loss, ...recallCharts(run), ...others].filter(({ steps }) => steps.length > 0);
}

/** List the stages that have begun. */
export function stageSpans({ config, steps }: Run): StageSpan[] {
  const spans: StageSpan[] = [];
  for (const { stage, step } of steps) {
    const label = stageLabel(config.stages[stage]);
    spans[stage] = { label, from: spans[stage]?.from ?? spans[stage - 1]?.to ?? 0, to: step };
  }
  return spans;
}

function stepCharts({ config, steps: records }: Run): Chart[] {
  const points = withGaps(records);
  const steps = points.map(({ step }) => step);
  const values = (of: (record: StepRecord) => number) =>
    points.map(({ record }) => (record ? finite(of(record)) : null));
  const chart = (
    title: string,
    axis: string,
    range: Chart['range'],
    ...series: readonly Series[]
  ): Chart => ({ title, axis, range, steps, series });
  const loss = values(({ loss }) => loss);
  const norm = values(({ gradientNorm }) => (gradientNorm > 0 ? gradientNorm : NaN));
  const clip = values(({ stage }) => config.stages[stage].clipNorm);
  const memory = memoryUnit(records);
  return [
    chart('Loss', 'loss', 'values', ...lossSeries(loss)),
    chart('Learning rate', 'rate', 'zero', {
      label: 'rate',
      values: values(({ learningRate }) => learningRate),
    }),
    chart('Scale of the logits', 'exp(logitScale)', 'values', {
      label: 'scale',
      values: values(({ scale }) => scale),
    }),
    chart(
      'Gradient norm before clipping',
      'L2 norm',
      'log',
      { label: 'norm', values: norm },
      { label: 'clipped above', values: clip, style: 'limit' },
    ),
    chart('Speed', speedUnit(config), 'zero', {
      label: 'speed',
      values: values(({ imagesPerSecond }) => imagesPerSecond),
    }),
    chart('Time inside the model', '% of wall time', 'percent', {
      label: 'busy',
      values: values(({ busy }) => busy * 100),
    }),
    chart('Resident memory', memory.name, 'zero', {
      label: 'memory',
      values: values(({ rss }) => rss / memory.bytes),
    }),
  ];
}

function recallCharts({ validations }: Run): Chart[] {
  const steps = validations.map(({ step }) => step);
  return (['image', 'text'] as const).flatMap((kind) => {
    const series = [1, 5, 10].flatMap((k) => {
      const values = validations.map(({ metrics }) =>
        finite(metrics[`${kind}_retrieval_recall@${k}`] * 100),
      );
      return values.some((value) => value !== null) ? [{ label: `R@${k}`, values }] : [];
    });
    const title =
      kind === 'image' ? 'Image retrieval: text → image' : 'Text retrieval: image → text';
    return series.length ? [{ title, axis: '%', range: 'zero' as const, steps, series }] : [];
  });
}

/** Insert a point without values between two stages, so that no line joins them. */
function withGaps(
  records: readonly StepRecord[],
): { readonly step: number; readonly record: StepRecord | null }[] {
  return records.flatMap((record, i) => {
    const before = records[i - 1];
    const point = { step: record.step, record };
    return before && before.stage !== record.stage
      ? [{ step: before.step + 0.5, record: null }, point]
      : [point];
  });
}

/** Make the series of the loss; if there are many records, also a smoothed line. */
function lossSeries(values: readonly (number | null)[]): Series[] {
  const reach = Math.min(
    smoothing.mostReach,
    Math.floor(values.length / smoothing.recordsPerReach),
  );
  if (reach === 0) return [{ label: 'loss', values }];
  return [
    { label: 'loss', values, style: 'faint' },
    { label: 'smoothed', values: smoothed(values, reach) },
  ];
}

/** Compute a centred moving mean, which does not lag behind; near a gap it uses fewer values. */
function smoothed(values: readonly (number | null)[], most: number): (number | null)[] {
  const isGap = (i: number): boolean => (values[i] ?? null) === null;
  return values.map((value, i) => {
    if (value === null) return null;
    let reach = 0;
    while (reach < most && !isGap(i - reach - 1) && !isGap(i + reach + 1)) reach++;
    const near = values.slice(i - reach, i + reach + 1) as readonly number[];
    return near.reduce((a, b) => a + b, 0) / near.length;
  });
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

function memoryUnit(records: readonly StepRecord[]): { name: string; bytes: number } {
  const most = records.reduce((max, { rss }) => Math.max(max, rss), 0);
  return most >= 1e9 ? { name: 'GB', bytes: 1e9 } : { name: 'MB', bytes: 1e6 };
}

function speedUnit({ stages }: Run['config']): string {
  const hasImages = stages.some(({ train }) => train.includes('image'));
  const hasTextAlone = stages.some(({ train }) => !train.includes('image'));
  return [...(hasImages ? ['images/s'] : []), ...(hasTextAlone ? ['captions/s'] : [])].join(', ');
}
