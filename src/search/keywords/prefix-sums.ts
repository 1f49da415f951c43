/**
 * Add up counts.
 *
 * @returns [counts.length + 1]: where each part begins, and where the last one ends
 */
export function prefixSums(counts: readonly number[]): Uint32Array {
  const sums = new Uint32Array(counts.length + 1);
  for (let i = 0; i < counts.length; i++) sums[i + 1] = sums[i]! + counts[i]!;
  return sums;
}
