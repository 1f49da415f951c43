import type { Comparison } from '../../metrics/comparison.ts';

/** What one metric was before the switch and after it. */
export interface MetricRow {
  readonly metric: string;
  readonly before: number;
  readonly after: number;
  /** The new value less the old one. */
  readonly change: number;
}

/** List the metrics of a comparison: it measures the same ones on both sides. */
export function metricRows({ before, after, change }: Comparison): MetricRow[] {
  return Object.entries(before).map(([metric, value]) => ({
    metric,
    before: value,
    after: after[metric]!,
    change: change[metric]!,
  }));
}
