import { DiptychError } from '../errors.ts';

export interface ClassificationMetrics {
  readonly acc1: number;
  /** NaN with fewer than five classes, as in CLIP_benchmark. */
  readonly acc5: number;
  /**
   * The mean of the recalls of all classes that occur: rare classes count as much as common ones.
   */
  readonly mean_per_class_recall: number;
}

/**
 * Measure zero-shot classification. The names are those of CLIP_benchmark.
 *
 * @param scores - [labels.length, classes]; a wrong class with the same score ranks before the
 *   right one
 * @param labels - the right class of each row
 * @throws DiptychError `bad_request` when lengths do not fit
 */
export function classificationMetrics(
  scores: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
): ClassificationMetrics {
  const n = labels.length;
  if (n === 0 || scores.length !== n * classes) {
    throw new DiptychError(
      'bad_request',
      `scores: expected ${n} labels times ${classes} classes (at least one label), got ${scores.length} numbers`,
    );
  }
  const right = new Map<number, { total: number; first: number }>();
  let first = 0;
  let fifth = 0;
  for (let i = 0; i < n; i++) {
    const label = labels[i]!;
    const own = scores[i * classes + label] ?? NaN;
    let rank = 0;
    for (let c = 0; c < classes; c++) {
      if (c !== label && !(scores[i * classes + c]! < own)) rank += 1;
    }
    const ofClass = right.get(label) ?? { total: 0, first: 0 };
    ofClass.total += 1;
    if (rank < 1) {
      first += 1;
      ofClass.first += 1;
    }
    if (rank < 5) fifth += 1;
    right.set(label, ofClass);
  }
  const recalls = [...right.values()].map((counts) => counts.first / counts.total);
  return {
    acc1: first / n,
    acc5: classes < 5 ? NaN : fifth / n,
    mean_per_class_recall: recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length,
  };
}
