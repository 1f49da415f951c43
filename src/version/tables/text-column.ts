import { checkRow, readStarts, startsOf } from './list-column.ts';
import { damaged, type TableFile } from './table-file.ts';

/** A column of texts in UTF-8. A text is decoded when it is asked for, and not kept. */
export interface Texts {
  readonly count: number;
  /**
   * @throws RangeError where there is no such row
   * @throws DiptychError index_unreadable where its bytes are no UTF-8
   */
  at(row: number): string;
  /** The UTF-8 of a row, not copied. */
  bytesAt(row: number): Uint8Array;
  /** All texts. They take several times the memory of the column. */
  all(): string[];
}

/** Encode texts. Half of a surrogate pair has no UTF-8: ingestion and `prepare` refuse it. */
export function encodeTexts(texts: readonly string[]): { starts: Uint32Array; bytes: Uint8Array } {
  const rows = texts.map((text) => new TextEncoder().encode(text));
  const starts = startsOf(rows.map(({ length }) => length));
  const bytes = new Uint8Array(starts.at(-1)!);
  rows.forEach((row, i) => bytes.set(row, starts[i]));
  return { starts, bytes };
}

/**
 * Read a column of texts in place.
 *
 * @param startsName - the column of the starts of the texts
 * @param name - the column of their bytes
 * @throws DiptychError index_unreadable
 */
export function readTexts<Name extends string>(
  table: TableFile<Name>,
  startsName: Name,
  name: Name,
): Texts {
  const { file, count } = table;
  const bytes = table.bytes(name);
  const starts = readStarts(table, startsName, bytes.byteLength);
  // A text may begin with a byte order mark, which is then a character of it.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const bytesAt = (row: number) => bytes.subarray(starts[row], starts[row + 1]);
  const at = (row: number) => {
    checkRow(file, count, row);
    try {
      return decoder.decode(bytesAt(row));
    } catch {
      return damaged(file, `${name}: row ${row}`, 'UTF-8', 'other bytes');
    }
  };
  return { count, at, bytesAt, all: () => Array.from({ length: count }, (_, row) => at(row)) };
}

/** Compare texts by the bytes of their UTF-8. Only equal texts give 0. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    if (a[i] !== b[i]) return a[i]! - b[i]!;
  }
  return a.length - b.length;
}
