import type { Parameters } from './parameters.ts';
import type { Value } from '../onnx/graph.ts';

export type Modality = 'image' | 'text';

/** An input of a tower: one array of a batch, [rows, ...shape]. */
export interface TowerInput {
  /** Name in the graph and in the batch: `pixels`, `ids`, `mask`. */
  readonly name: string;
  /** Of one row. */
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
}

/**
 * A tower in two parts. Features depend on their own row alone, so training can compute them in
 * micro-batches, or only once if they are frozen. The head is small, sees the whole batch (for batch
 * normalisation) and gives unit embeddings.
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
