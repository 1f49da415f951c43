/** The cells of a row of CSV or TSV. */
export interface CsvCells {
  readonly cells: readonly string[];
  /** The column, from 1, in which a quote opens that the text does not close. */
  readonly open?: number;
  /** More lines would not close it: what follows the next quote is not the end of a cell. */
  readonly isBroken?: boolean;
}

/**
 * Cut a text into cells. A cell is quoted where it begins with a quote, and the next quote that is
 * not doubled stands before a separator or the end of the text; it may hold separators, line ends and
 * doubled quotes. Elsewhere a quote is text: `12" disc`, `"go" is on the sign`.
 *
 * @param text - a line, or several where a quoted cell goes on
 * @param takesOpen - a quote that nothing closes is text
 */
export function readCells(text: string, separator: string, takesOpen = false): CsvCells {
  if (!text.includes('"')) return { cells: text.split(separator) };
  const cells: string[] = [];
  for (let at = 0; at <= text.length;) {
    const next = text.indexOf(separator, at);
    let end = next < 0 ? text.length : next;
    let cell = text.slice(at, end);
    if (cell.startsWith('"')) {
      const close = closingQuote(text, at + 1);
      const isEnd = close + 1 === text.length || text.startsWith(separator, close + 1);
      if (close >= 0 && isEnd) {
        cell = text.slice(at + 1, close).replaceAll('""', '"');
        end = close + 1;
      } else {
        const isBroken = text.slice(at, Math.max(at, close)).includes('\n');
        if (isBroken || (close < 0 && !takesOpen))
          return { cells, open: cells.length + 1, isBroken };
      }
    }
    cells.push(cell);
    at = end + separator.length;
  }
  return { cells };
}

/** Find the next quote that is not doubled; -1 if there is none. */
function closingQuote(text: string, from: number): number {
  let quote = text.indexOf('"', from);
  while (quote >= 0 && text[quote + 1] === '"') quote = text.indexOf('"', quote + 2);
  return quote;
}
