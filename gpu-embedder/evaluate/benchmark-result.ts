/** A result as CLIP_benchmark writes it, and what it counts. */
export interface BenchmarkResult {
  readonly dataset: string;
  /** Id of the model. */
  readonly model: string;
  /** Folder or hub id that the model was loaded from. */
  readonly pretrained: string;
  readonly task: 'zeroshot_retrieval' | 'zeroshot_classification';
  /** 0 to 1. */
  readonly metrics: Metrics;
  readonly language: string;
  /** Number of images. */
  readonly n: number;
  /** Classes that were told apart, and those left out because no image is of them. */
  readonly classes?: number;
  readonly emptyClasses?: number;
}

export type Metrics = Readonly<Record<string, number>>;

export const classificationMetricNames: readonly string[] = [
  'acc1',
  'acc5',
  'mean_per_class_recall',
];

/** Name text -> image first, then image -> text. */
export function retrievalMetricNames(ks: readonly number[]): string[] {
  return ['image', 'text'].flatMap((side) => ks.map((k) => `${side}_retrieval_recall@${k}`));
}

/** Average each metric over languages. */
export function meanMetrics(results: readonly { readonly metrics: Metrics }[]): Metrics {
  return Object.fromEntries(
    Object.keys(results[0].metrics).map((name) => [
      name,
      results.reduce((sum, { metrics }) => sum + metrics[name], 0) / results.length,
    ]),
  );
}
