/**
 * Find a row that is no unit vector.
 *
 * @param rows - [n, dim]
 * @returns its place and length; null where there is none
 */
export function findNotUnit(
  rows: Float32Array,
  dim: number,
): { readonly row: number; readonly length: number } | null {
  for (let row = 0; row * dim < rows.length; row++) {
    let squares = 0;
    for (let j = row * dim; j < (row + 1) * dim; j++) squares += rows[j] ** 2;
    if (!(Math.abs(squares - 1) < 0.01)) return { row, length: Math.sqrt(squares) };
  }
  return null;
}
