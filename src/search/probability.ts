/**
 * Estimate the probability that a result with this cosine is the match, if one of `count` is.
 *
 * InfoNCE trains `scale * cosine` to be the log odds of a true pair against a random pair, plus a
 * constant. If that constant is 0, the posterior is sigmoid(scale * cosine - ln(count)).
 *
 * @param scale - the exponential of logitScale
 * @param count - the number of vectors that were searched
 */
export function matchProbability(cosine: number, scale: number, count: number): number {
  return 1 / (1 + Math.exp(Math.log(Math.max(1, count)) - scale * cosine));
}

/** Softmax of `scale * cosine`: probabilities that add up to 1. */
export function softmax(cosines: ArrayLike<number>, scale: number): Float64Array {
  let largest = -Infinity;
  for (let i = 0; i < cosines.length; i++) largest = Math.max(largest, cosines[i]!);
  const values = Float64Array.from(cosines, (cosine) => Math.exp(scale * (cosine - largest)));
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}
