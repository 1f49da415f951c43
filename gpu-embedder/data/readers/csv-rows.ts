import { readCells } from './csv-cells.ts';
import type { TextLine } from './read-text-lines.ts';

/** A row of a CSV or TSV file, or why it is none. */
export type CsvRow =
  | { readonly line: number; readonly cells: readonly string[] }
  | { readonly line: number; readonly problem: string; readonly code: string };

/** How far the end of a quoted cell is looked for: no caption is that long. */
const most = { lines: 1000, characters: 1 << 20 };

/**
 * Read the rows of a CSV or TSV file.
 *
 * Where a quote opens a cell and is not closed, only this line is left out, and the next one is read
 * as a row again. In TSV the quote is text then, because most tools write TSV without quoting.
 */
export function* csvRows(lines: Iterable<TextLine>, separator: string): Generator<CsvRow> {
  const ahead = lookAhead(lines);
  /** Number of columns of the first row. */
  let columns: number | undefined;
  try {
    for (let first = ahead.at(0); first !== undefined; first = ahead.at(0)) {
      const row = readRow(ahead, first.text, separator, columns);
      const wrong = ahead.take(row.lines).find(({ problem }) => problem !== undefined);
      if (wrong?.problem !== undefined) {
        yield { line: wrong.number, problem: wrong.problem, code: 'bad_encoding' };
      } else if (row.open !== undefined) {
        const inRow = columns === undefined ? '' : ` in a row of ${columns} columns`;
        const problem = `the quote that opens in column ${row.open} is not closed${inRow}`;
        yield { line: first.number, problem, code: 'bad_row' };
      } else if (first.text !== '') {
        columns ??= row.cells.length;
        yield { line: first.number, cells: row.cells };
      }
    }
  } finally {
    ahead.close();
  }
}

/** Lines of a file that are looked at before they are taken. */
interface LinesAhead {
  at(i: number): TextLine | undefined;
  take(count: number): readonly TextLine[];
  close(): void;
}

function lookAhead(lines: Iterable<TextLine>): LinesAhead {
  const iterator = lines[Symbol.iterator]();
  const held: TextLine[] = [];
  return {
    at(i) {
      while (held.length <= i) {
        const next = iterator.next();
        if (next.done === true) return undefined;
        held.push(next.value);
      }
      return held[i];
    },
    take: (count) => held.splice(0, count),
    close: () => void iterator.return?.(),
  };
}

interface Row {
  readonly cells: readonly string[];
  /** The column, from 1, in which a quote opens that is not closed. */
  readonly open?: number;
  /** Number of lines. */
  readonly lines: number;
}

/** @param text - the first line that is ahead */
function readRow(
  ahead: LinesAhead,
  text: string,
  separator: string,
  columns: number | undefined,
): Row {
  const row = readCells(text, separator);
  if (row.open === undefined) return { ...row, lines: 1 };
  const isTsv = separator === '\t';
  const whole = readOverLines(ahead, text, separator);
  const isRow =
    whole !== undefined &&
    (columns === undefined || whole.cells.length === columns) &&
    !(isTsv && whole.cells.some((cell) => cell.includes('\n') && cell.includes('\t')));
  return isRow ? whole : { ...readCells(text, separator, isTsv), lines: 1 };
}

/**
 * Read a row whose quoted cells go on over several lines.
 *
 * @returns undefined where no quote closes a cell
 */
function readOverLines(ahead: LinesAhead, first: string, separator: string): Row | undefined {
  let text = first;
  for (let lines = 1; lines < most.lines && text.length <= most.characters; lines++) {
    const next = ahead.at(lines);
    if (next === undefined) return undefined;
    text += `\n${next.text}`;
    // Only a quote can close the cell.
    if (!next.text.includes('"')) continue;
    const { cells, open, isBroken } = readCells(text, separator);
    if (open === undefined) return { cells, lines: lines + 1 };
    if (isBroken) return undefined;
  }
  return undefined;
}
