/** The part of an R2 bucket that a benchmark's worker uses. */
export interface BenchBucket {
  get(key: string): Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | null>;
}
