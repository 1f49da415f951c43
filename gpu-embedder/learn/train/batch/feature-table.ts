import type { Modality } from '../../model/tower.ts';

/** Features of a frozen tower, encoded once: one row for each item or caption. */
export interface FeatureTable {
  readonly width: number;
  /** [items, width] by item ordinal, or [captions, width]. */
  readonly rows: Float32Array;
  /** Row of each caption, where the rows are captions. */
  readonly rowOf?: ReadonlyMap<string, number>;
}

/** The name of the features of a tower among the inputs of the graph and in the batch. */
export const featuresInput = (modality: Modality): string => `${modality}Features`;

/** Gather rows of a table. @param count - rows of the result; rows without an index are zero */
export function gatherRows(
  { width, rows }: FeatureTable,
  indices: readonly number[],
  count = indices.length,
): Float32Array {
  const out = new Float32Array(count * width);
  indices.forEach((row, i) => out.set(rows.subarray(row * width, (row + 1) * width), i * width));
  return out;
}
