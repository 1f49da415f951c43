/**
 * Say why what a model answered is no embedding: weights that overflow give NaN, and a text without a
 * known word gives zeros.
 *
 * @param row - [embedDim]
 * @returns null for a row with a direction
 */
export function flawOfRow(row: Float32Array): 'NaN' | 'only zeros' | null {
  if (!row.every(Number.isFinite)) return 'NaN';
  return row.some((value) => value !== 0) ? null : 'only zeros';
}
