/**
 * Compute the inner product of two vectors of the same length. For unit vectors it is the cosine.
 */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
