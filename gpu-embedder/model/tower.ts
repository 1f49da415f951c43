import type { Parameters } from './parameters.ts';
import type { Value } from '../onnx/graph.ts';

export type Modality = 'image' | 'text';

/** What a tower reads: one array of a batch, [rows, ...shape]. */
export interface TowerInput {
  /** Name in the graph and in the batch: `pixels`, `ids`, `mask`. */
  readonly name: string;
  /** Of one row. */
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
}

/**
 * One tower as training sees it, in two parts. Features depend on their own row alone, so they can
 * be computed in micro-batches, or once where they are frozen; the head is small, sees the whole
 * batch (batch normalisation), and ends in unit embeddings.
 */
export interface Tower {
  readonly modality: Modality;
  readonly inputs: readonly TowerInput[];
  readonly featureWidth: number;
  readonly embedDim: number;
  /** @param inputs - in the order of `inputs`, [rows, ...shape]; returns [rows, featureWidth] */
  features(p: Parameters, inputs: readonly Value[]): Value;
  /** @param features - [rows, featureWidth]; returns unit rows [rows, embedDim] */
  head(p: Parameters, features: Value): Value;
}
