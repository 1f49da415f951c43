/** The query in the operand format of a build of the search kernel; its integer scores rank vectors. */
export type QuantisedQuery = Int16Array | Int8Array;

/**
 * Quantise a query into which the vectors' scales are folded.
 *
 * @param folded - [stride], query * scales
 * @param bits - `queryBits()` of the kernel. 16: signed, scaled so that no 32-bit sum over int8
 *   vectors can overflow. 7: 63 steps either side of 64, the range of the relaxed dot product.
 */
export function quantiseQuery(folded: Float32Array, bits: number): QuantisedQuery {
  let largest = 0;
  let total = 0;
  for (const value of folded) {
    largest = Math.max(largest, Math.abs(value));
    total += Math.abs(value);
  }
  if (bits === 7) {
    const scale = largest > 0 ? 63 / largest : 0;
    return Int8Array.from(folded, (value) => Math.round(value * scale) + 64);
  }
  // Rounding adds at most 1/2 a component to the absolute sum.
  const largestTotal = (2 ** 31 - 1) / 128 - folded.length;
  const scale = largest > 0 ? Math.min(32767 / largest, largestTotal / total) : 0;
  return Int16Array.from(folded, (value) => Math.round(value * scale));
}
