/** A result as CLIP_benchmark writes it, and what it counts. */
export interface BenchmarkResult {
  readonly dataset: string;
  /** Id of the model. */
  readonly model: string;
  /** Folder or hub id that the model was loaded from. */
  readonly pretrained: string;
  readonly task: BenchmarkTask;
  /** 0 to 1. */
  readonly metrics: Metrics;
  readonly language: string;
  /** Number of images. */
  readonly n: number;
  /** Number of queries, where an image has not one each. */
  readonly queries?: number;
  /** What pictograms were classified by. */
  readonly level?: 'group' | 'subgroup';
  /** Classes that were told apart, and those left out because no image is of them. */
  readonly classes?: number;
  readonly emptyClasses?: number;
}

/** The first and the last are tasks of CLIP_benchmark. */
export type BenchmarkTask =
  | 'zeroshot_retrieval'
  | 'zeroshot_keyword_retrieval'
  | 'image_to_image_retrieval'
  | 'zeroshot_classification';

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

/** Name texts as they are first, then the same with a typing error. */
export function misspeltMetricNames(ks: readonly number[]): string[] {
  return ['image', 'misspelt_image'].flatMap((side) =>
    ks.map((k) => `${side}_retrieval_recall@${k}`),
  );
}

/** A keyword is a text, so it has the name of text -> image. */
export function keywordMetricNames(ks: readonly number[]): string[] {
  return ks.map((k) => `image_retrieval_recall@${k}`);
}

export function imageRetrievalMetricNames(ks: readonly number[]): string[] {
  return ks.map((k) => `image_to_image_recall@${k}`);
}

export function toMetrics(names: readonly string[], values: readonly number[]): Metrics {
  return Object.fromEntries(names.map((name, i) => [name, values[i]]));
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
