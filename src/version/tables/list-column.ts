import { damaged, type TableFile } from './table-file.ts';

/**
 * The starts of rows of these lengths which lie one after the other, and the end of the last one:
 * row i is `starts[i]` to `starts[i + 1]`.
 */
export function startsOf(lengths: readonly number[]): Uint32Array {
  const starts = new Uint32Array(lengths.length + 1);
  lengths.forEach((length, i) => (starts[i + 1] = starts[i]! + length));
  return starts;
}

/**
 * Read the starts of rows in place.
 *
 * @param end - the end of the last row
 * @throws DiptychError index_unreadable where they do not rise from 0 to `end`
 */
export function readStarts<Name extends string>(
  table: TableFile<Name>,
  name: Name,
  end: number,
): Uint32Array {
  const { file, count } = table;
  const starts = table.u32(name, count + 1);
  if (starts[0] !== 0) damaged(file, `${name}: row 0`, 'a start at 0', starts[0]);
  if (starts[count] !== end) damaged(file, name, `an end at ${end}`, starts[count]);
  for (let row = 0; row < count; row++) {
    if (starts[row]! <= starts[row + 1]!) continue;
    damaged(file, `${name}: row ${row}`, `an end at ${starts[row]} or later`, starts[row + 1]);
  }
  return starts;
}

/** @throws RangeError where there is no such row */
export function checkRow(file: string, count: number, row: number): void {
  if (row >= 0 && row < count) return;
  throw new RangeError(`${file}: expected one of ${count} rows, got ${row}`);
}
