/** A chart over the steps of a run, as the page draws it. */
export interface Chart {
  readonly title: string;
  /** What the values are, or their unit. */
  readonly axis: string;
  /** From the least value, from 0, from 0 to 100, or logarithmic. */
  readonly range: 'values' | 'zero' | 'percent' | 'log';
  readonly steps: readonly number[];
  /** A value for each step; null is a gap. */
  readonly series: readonly Series[];
}

export interface Series {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** `faint`: lies behind the others; `limit`: is no measurement. */
  readonly style?: 'faint' | 'limit';
}

/** Steps of a stage, (from, to]. */
export interface StageSpan {
  readonly label: string;
  readonly from: number;
  readonly to: number;
}
