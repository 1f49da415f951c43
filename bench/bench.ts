/** A benchmark: one module of this folder, named after what it measures. */
export interface Bench {
  /** One line about what is compared. */
  readonly question?: string;
  /** Run it; progress goes to stderr. Rows tell speed, parameters and quality by column. */
  run(): Promise<readonly object[]>;
}
