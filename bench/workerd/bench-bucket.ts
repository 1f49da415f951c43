/** What a benchmark's worker needs of its R2 bucket. */
export interface BenchBucket {
  get(key: string): Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | null>;
}
