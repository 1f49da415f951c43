type Rows = readonly [Uint8Array, Uint8Array, Uint8Array];

/** Rows of the table. They are reused, because a search compares a word with thousands of terms. */
let rows = newRows(64);

/**
 * Count the edits between two words. A swap of two neighbouring letters is one edit (optimal string
 * alignment).
 *
 * @param limit - below 255; larger distances are not told apart
 * @returns the distance, or `limit + 1` when it is larger than `limit`
 */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  if (b.length + 1 > rows[0].length) rows = newRows(2 * b.length);
  let [beforeLast, last, row] = rows;
  const far = limit + 1;
  for (let j = 0; j <= b.length; j++) last[j] = Math.min(j, far);
  for (let i = 1; i <= a.length; i++) {
    row[0] = Math.min(i, far);
    let least = row[0]!;
    const letter = a.charCodeAt(i - 1);
    for (let j = 1; j <= b.length; j++) {
      const other = b.charCodeAt(j - 1);
      let edits = last[j - 1]! + (letter === other ? 0 : 1);
      if (last[j]! + 1 < edits) edits = last[j]! + 1;
      if (row[j - 1]! + 1 < edits) edits = row[j - 1]! + 1;
      const swapped =
        i > 1 && j > 1 && letter === b.charCodeAt(j - 2) && a.charCodeAt(i - 2) === other;
      if (swapped && beforeLast[j - 2]! + 1 < edits) edits = beforeLast[j - 2]! + 1;
      row[j] = edits < far ? edits : far;
      if (row[j]! < least) least = row[j]!;
    }
    if (least > limit) return far;
    [beforeLast, last, row] = [last, row, beforeLast];
  }
  return last[b.length]!;
}

function newRows(length: number): Rows {
  return [new Uint8Array(length), new Uint8Array(length), new Uint8Array(length)];
}
