/** A query as an operand of the search kernel, whose integer scores rank vectors. */
export type QuantisedQuery = Int16Array | Int8Array;

/**
 * Quantise a query into which the vectors' scales are folded.
 *
 * @param folded - [stride], query * scales
 * @param target - [stride]; Int16Array where `queryBits()` of the kernel is 16: signed, scaled so that
 *   no 32-bit sum over int8 vectors overflows. Int8Array where it is 7: 63 steps either side of 64,
 *   the range of the relaxed dot product.
 */
export function quantiseQuery(folded: Float32Array, target: QuantisedQuery): void {
  let largest = 0;
  let total = 0;
  for (let j = 0; j < folded.length; j++) {
    const size = Math.abs(folded[j]);
    if (size > largest) largest = size;
    total += size;
  }
  const [steps, offset] = target instanceof Int8Array ? [63, 64] : [32767, 0];
  // Rounding adds at most 1/2 a component to the absolute sum.
  const largestTotal = (2 ** 31 - 1) / 128 - folded.length;
  const scale = largest > 0 ? Math.min(steps / largest, largestTotal / total) : 0;
  for (let j = 0; j < folded.length; j++) target[j] = Math.round(folded[j] * scale) + offset;
}

/** Bits of a query against codes. */
export const codeQueryBits = 4;

/**
 * Quantise a query to 4 bits in two's complement, for codes of a bit a dimension. A query of more
 * bits than the codes keeps much of what their sign loses (RaBitQ, arXiv:2405.12497).
 *
 * @param folded - [dim], query * codeScales
 * @param rows - [4, codeStride], written: bit b of component j is bit j % 8 of byte j / 8 of row b
 * @returns what one step is worth
 */
export function quantiseCodeQuery(folded: Float32Array, rows: Uint8Array): number {
  const codeStride = rows.length / codeQueryBits;
  let largest = 0;
  for (const value of folded) largest = Math.max(largest, Math.abs(value));
  const scale = largest > 0 ? 7 / largest : 0;
  rows.fill(0);
  for (let j = 0; j < folded.length; j++) {
    const steps = Math.round(folded[j] * scale);
    for (let b = 0; b < codeQueryBits; b++) {
      if ((steps >> b) & 1) rows[b * codeStride + (j >> 3)] |= 1 << (j & 7);
    }
  }
  return largest / 7;
}
