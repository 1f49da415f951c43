/** A query for the search kernel, which ranks vectors by integer scores. */
export type QuantisedQuery = Int16Array | Int8Array;

/**
 * Quantise a query that was multiplied by the scales of the vectors.
 *
 * @param folded - [stride], query * scales
 * @param target - [stride]; Int16Array where `queryBits()` of the kernel is 16: signed, and small
 *   enough that no 32-bit sum over int8 vectors overflows. Int8Array where it is 7: 63 steps on
 *   either side of 64, which is the range of the relaxed dot product.
 */
export function quantiseQuery(folded: Float32Array, target: QuantisedQuery): void {
  let largest = 0;
  let total = 0;
  for (let j = 0; j < folded.length; j++) {
    const size = Math.abs(folded[j]!);
    if (size > largest) largest = size;
    total += size;
  }
  const [steps, offset] = target instanceof Int8Array ? [63, 64] : [32767, 0];
  // Rounding adds at most 1/2 to the absolute sum for each component.
  const largestTotal = (2 ** 31 - 1) / 128 - folded.length;
  const scale = largest > 0 ? Math.min(steps / largest, largestTotal / total) : 0;
  for (let j = 0; j < folded.length; j++) target[j] = Math.round(folded[j]! * scale) + offset;
}

/** Bits of each component of a query that is compared with codes. */
export const codeQueryBits = 4;

/**
 * Quantise a query to 4 bits in two's complement, for codes of one bit a dimension. A query with
 * more bits than the codes makes up for much of the precision that the codes lose (RaBitQ,
 * arXiv:2405.12497).
 *
 * @param folded - [dim], query * codeScales
 * @param rows - [4, codeStride], written: bit b of component j is bit j % 8 of byte j / 8 of row b
 * @returns the size of one quantisation step
 */
export function quantiseCodeQuery(folded: Float32Array, rows: Uint8Array): number {
  const codeStride = rows.length / codeQueryBits;
  let largest = 0;
  for (const value of folded) largest = Math.max(largest, Math.abs(value));
  const scale = largest > 0 ? 7 / largest : 0;
  rows.fill(0);
  for (let j = 0; j < folded.length; j++) {
    const steps = Math.round(folded[j]! * scale);
    for (let b = 0; b < codeQueryBits; b++) {
      if ((steps >> b) & 1) rows[b * codeStride + (j >> 3)]! |= 1 << (j & 7);
    }
  }
  return largest / 7;
}
