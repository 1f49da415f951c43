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
  for (let first = ahead.at(0); first !== undefined; first = ahead.at(0)) {
    const { number: line, text } = first;
    const {
      cells,
      open,
      lines: count,
    } = readOverLines(ahead, separator, columns) ?? {
      ...readCells(text, separator, separator === '\t'),
      lines: 1,
    };
    const wrong = ahead.take(count).find(({ problem }) => problem !== undefined);
    if (wrong?.problem !== undefined) {
      yield { line: wrong.number, problem: wrong.problem, code: 'bad_encoding' };
    } else if (open !== undefined) {
      const problem = `the quote that opens in column ${open} is not closed`;
      yield { line, problem, code: 'bad_row' };
    } else if (text !== '') {
      columns ??= cells.length;
      yield { line, cells };
    }
  }
}

/** Lines of a file that are looked at before they are taken. */
interface LinesAhead {
  at(i: number): TextLine | undefined;
  take(count: number): readonly TextLine[];
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
  };
}

interface Row {
  readonly cells: readonly string[];
  readonly open?: number;
  /** Number of lines. */
  readonly lines: number;
}

/**
 * Read a row whose quoted cells go on over several lines.
 *
 * @returns undefined where the lines are not one row: no quote closes a cell, or the row has another
 *   number of columns than the first one, or (in TSV) a line that goes on has several cells
 */
function readOverLines(
  ahead: LinesAhead,
  separator: string,
  columns: number | undefined,
): Row | undefined {
  let text = ahead.at(0)?.text ?? '';
  let row = readCells(text, separator);
  if (row.open === undefined) return undefined;
  let lines = 1;
  while (row.open !== undefined && row.isBroken !== true) {
    const next = ahead.at(lines);
    if (next === undefined || lines === most.lines || text.length > most.characters)
      return undefined;
    text += `\n${next.text}`;
    lines += 1;
    // Only a quote can close the cell.
    if (next.text.includes('"')) row = readCells(text, separator);
  }
  const { cells, open } = row;
  if (open !== undefined || (columns !== undefined && cells.length !== columns)) return undefined;
  const holdsRows = cells.some((cell) => cell.includes('\n') && cell.includes('\t'));
  return separator === '\t' && holdsRows ? undefined : { cells, lines };
}
