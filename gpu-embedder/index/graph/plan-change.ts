import type { VectorIndex } from '../../../src/version/manifest.ts';
import type { PreviousVectors } from '../version/previous-vectors.ts';

/** With a larger share of added or removed vectors, a change is hardly faster than a build on two cores. */
export const largestChange = 0.3;

export interface ChangePlan extends NonNullable<VectorIndex['change']> {
  /** [count]: the old node of each vector, -1 for a new vector. */
  readonly oldOf: Int32Array;
}

/**
 * Find each vector in the previous version, by key and value.
 *
 * @param keys - [count], all different
 * @param vectors - [count, dim]
 */
export function planChange(
  previous: PreviousVectors,
  keys: readonly string[],
  vectors: Float32Array,
  dim: number,
): ChangePlan {
  const olds = new Map(previous.keys.map((key, old) => [key, old]));
  let kept = 0;
  const oldOf = Int32Array.from(keys, (key, i) => {
    const old = olds.get(key);
    const vector = vectors.subarray(i * dim, (i + 1) * dim);
    if (old === undefined || !previous.isSame(old, vector)) return -1;
    olds.delete(key);
    kept++;
    return old;
  });
  return {
    from: previous.version,
    kept,
    added: keys.length - kept,
    removed: previous.graph.count - kept,
    oldOf,
  };
}

/** Say why a graph should be built from nothing; null if it should be changed. */
export function whyRebuild(
  plan: Pick<ChangePlan, 'kept' | 'added' | 'removed'>,
  { graph, version }: PreviousVectors,
  options: { readonly M: number; readonly efConstruction: number },
): string | null {
  for (const parameter of ['M', 'efConstruction'] as const) {
    const [there, here] = [graph[parameter], options[parameter]];
    if (there !== here) return `${parameter} is ${there} in ${version}, and ${here} is wanted`;
  }
  const { kept, added, removed } = plan;
  const share = Math.max(added / Math.max(1, kept + added), removed / Math.max(1, kept + removed));
  if (share <= largestChange) return null;
  const percent = (value: number) => `${Math.round(100 * value)} %`;
  return `${percent(share)} of the vectors changed since ${version}, above ${percent(largestChange)}`;
}
