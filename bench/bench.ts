/** A benchmark: one module of this folder, named after what it measures. */
export interface Bench {
  /** One line about what is compared. */
  readonly question?: string;
  /** Names of the options that it takes, each with a value. */
  readonly flags?: readonly string[];
  /** Run it; progress goes to stderr. Rows tell speed, parameters and quality by column. */
  run(options?: BenchOptions): Promise<readonly object[]>;
}

export type BenchOptions = Readonly<Record<string, string | undefined>>;
