/**
 * Scale every row to length 1, in place. A row without a direction, from a text without a known
 * word, becomes zeros, whose cosine with everything is 0.
 *
 * @param rows - [n, dim]
 */
export function normaliseRows(rows: Float32Array, dim: number): Float32Array {
  for (let first = 0; first < rows.length; first += dim) {
    let sum = 0;
    for (let i = first; i < first + dim; i++) sum += rows[i] * rows[i];
    if (sum > 0) {
      const scale = 1 / Math.sqrt(sum);
      for (let i = first; i < first + dim; i++) rows[i] *= scale;
    } else {
      rows.fill(0, first, first + dim);
    }
  }
  return rows;
}
