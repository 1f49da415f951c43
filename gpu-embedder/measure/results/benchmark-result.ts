/** A result in the form of CLIP_benchmark, with the numbers of images, queries and classes. */
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
  /** Number of queries, where it differs from the number of images. */
  readonly queries?: number;
  /** Label by which pictograms were classified. */
  readonly level?: 'group' | 'subgroup';
  /** Number of classes that occur, and of the classes left out because they have no image. */
  readonly classes?: number;
  readonly emptyClasses?: number;
}

/** CLIP_benchmark has tasks of the first and the last name. */
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

/** List the names of recalls: text -> image first, then image -> text. */
export function retrievalMetricNames(ks: readonly number[]): string[] {
  return ['image', 'text'].flatMap((side) => ks.map((k) => `${side}_retrieval_recall@${k}`));
}

/** List the names of recalls: for correct texts first, then for texts with a typing error. */
export function misspeltMetricNames(ks: readonly number[]): string[] {
  return ['image', 'misspelt_image'].flatMap((side) =>
    ks.map((k) => `${side}_retrieval_recall@${k}`),
  );
}

/** List the names of recalls by keyword; a keyword is a text, so they are those of text -> image. */
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
