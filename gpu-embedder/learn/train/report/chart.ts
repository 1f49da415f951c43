/** A chart over the steps of a run. The page draws it. */
export interface Chart {
  readonly title: string;
  /** The name of the values, or their unit. */
  readonly axis: string;
  /** The axis begins at the least value, begins at 0, goes from 0 to 100, or is logarithmic. */
  readonly range: 'values' | 'zero' | 'percent' | 'log';
  readonly steps: readonly number[];
  /** A value for each step; null is a gap. */
  readonly series: readonly Series[];
}

export interface Series {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** `faint` lies behind the others; `limit` is not a measurement. */
  readonly style?: 'faint' | 'limit';
}

/** Steps of a stage, (from, to]. */
export interface StageSpan {
  readonly label: string;
  readonly from: number;
  readonly to: number;
}
