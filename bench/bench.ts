/** A benchmark: one file of this folder, named after its question, that exports one as `bench`. */
export interface Bench {
  /** One line about what is compared. */
  readonly question: string;
  /** Run it; progress goes to stderr. */
  run(): Promise<readonly BenchRow[]>;
}

/** Speed, parameters and quality of one comparison, by column. */
export type BenchRow = Readonly<Record<string, string | number>>;
