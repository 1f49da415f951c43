/**
 * Scale every row to length 1, in place. A row of zeros, from a text without a known word, stays as it
 * is: its cosine with everything is 0. A row with a number that is not finite becomes NaN.
 *
 * @param rows - [n, dim]
 */
export function normaliseRows(rows: Float32Array, dim: number): Float32Array {
  for (let first = 0; first < rows.length; first += dim) {
    let sum = 0;
    for (let i = first; i < first + dim; i++) sum += rows[i] * rows[i];
    if (sum === 0) continue;
    const scale = Number.isFinite(sum) ? 1 / Math.sqrt(sum) : NaN;
    for (let i = first; i < first + dim; i++) rows[i] *= scale;
  }
  return rows;
}
