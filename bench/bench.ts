/** A benchmark: a module of this folder, named after its subject. */
export interface Bench {
  /** One line that says what is compared. */
  readonly question?: string;
  /** Names of its options; each option takes a value. */
  readonly flags?: readonly string[];
  /** Run it, with progress on stderr. Columns of rows are parameters, speed and quality. */
  run(options?: BenchOptions): Promise<readonly object[]>;
}

export type BenchOptions = Readonly<Record<string, string | undefined>>;
