import { describe, expect, it } from 'vitest';
import { csvRows } from '../../gpu-embedder/data/readers/csv-rows.ts';

const lines = (text: string) => text.split('\n').map((line, i) => ({ number: i + 1, text: line }));

/** List the rows as `line: cells`, and what is left out as `line: code: problem`. */
function rowsOf(text: string, separator = ','): string[] {
  return [...csvRows(lines(text), separator)].map((row) =>
    'cells' in row
      ? `${row.line}: ${JSON.stringify(row.cells)}`
      : `${row.line}: ${row.code}: ${row.problem}`,
  );
}

const cellsOf = (row: string, separator?: string): string | undefined =>
  rowsOf(row, separator)[0]?.slice('1: '.length);

describe('the cells of a row', () => {
  it.each([
    ['a,b', '["a","b"]'],
    ['a,,', '["a","",""]'],
    ['"a, b","c"', '["a, b","c"]'],
    ['"a ""b"" c",""', '["a \\"b\\" c",""]'],
    ['"""go""",x', '["\\"go\\"","x"]'],
    // A quote that does not quote is text.
    ['a,12" disc', '["a","12\\" disc"]'],
    ['say "hi",b', '["say \\"hi\\"","b"]'],
    ['"a" b,c', '["\\"a\\" b","c"]'],
    ['"go" is on "it",c', '["\\"go\\" is on \\"it\\"","c"]'],
    ['a, "b"', '["a"," \\"b\\""]'],
  ])('of CSV: %s', (row, cells) => {
    expect(cellsOf(row)).toBe(cells);
  });

  it.each([
    ['"a\tb"\tc', '["a\\tb","c"]'],
    ['"a ""b"""\tc', '["a \\"b\\"","c"]'],
    ['"go" is here\tc', '["\\"go\\" is here","c"]'],
    ['"unfinished\tc', '["\\"unfinished","c"]'],
    ['a\t"', '["a","\\""]'],
  ])('of TSV: %s', (row, cells) => {
    expect(cellsOf(row, '\t')).toBe(cells);
  });

  it('are cut by any separator', () => {
    expect(cellsOf('"a||b"||c||"d"', '||')).toBe('["a||b","c","d"]');
  });
});

describe('a quoted cell', () => {
  it('goes on over lines, and rows are named by the line where they begin', () => {
    expect(rowsOf('i,c\n"a","one\n\n""two"", three"\nb,c\n')).toEqual([
      '1: ["i","c"]',
      '2: ["a","one\\n\\n\\"two\\", three"]',
      '5: ["b","c"]',
    ]);
    expect(rowsOf('i\tc\na\t"one\ntwo"', '\t')).toEqual(['1: ["i","c"]', '2: ["a","one\\ntwo"]']);
  });

  it.each([
    ['nowhere', 'r,red\ny,yellow', ['3: ["r","red"]', '4: ["y","yellow"]']],
    ['before other text', 'r,"red"\ny,1', ['3: ["r","red"]', '4: ["y","1"]']],
    ['in a row of other columns', 'r,"a, red, "\ny,1', ['3: ["r","a, red, "]', '4: ["y","1"]']],
  ])('that is closed %s leaves out its line alone', (_, more, rows) => {
    expect(rowsOf(`i,c\ng,"green\n${more}`)).toEqual([
      '1: ["i","c"]',
      '2: bad_row: the quote that opens in column 2 is not closed in a row of 2 columns',
      ...rows,
    ]);
  });

  it('is text in TSV where its end would be in another row', () => {
    expect(rowsOf('i\tc\ng\t"green\nr\t12"\ny\t1', '\t')).toEqual([
      '1: ["i","c"]',
      '2: ["g","\\"green"]',
      '3: ["r","12\\""]',
      '4: ["y","1"]',
    ]);
  });

  it('is looked for in a bounded number of lines', () => {
    let taken = 0;
    function* endless() {
      yield { number: 1, text: 'i,c' };
      yield { number: 2, text: 'g,"green' };
      for (let number = 3; ; number++) yield { number: (taken = number), text: 'r,red' };
    }
    const rows = csvRows(endless(), ',');
    rows.next();
    expect(rows.next().value).toMatchObject({ line: 2, code: 'bad_row' });
    expect(rows.next().value).toMatchObject({ line: 3, cells: ['r', 'red'] });
    expect(taken).toBeLessThan(1100);
  });
});

it('names the line whose bytes are no text', () => {
  const [header, first, second, third] = lines('i,c\na,"one\ntwo"\nb,c');
  const damaged = { ...second, problem: 'byte 0xe9 is not UTF-8' };
  expect([...csvRows([header, first, damaged, third], ',')]).toEqual([
    { line: 1, cells: ['i', 'c'] },
    { line: 3, code: 'bad_encoding', problem: 'byte 0xe9 is not UTF-8' },
    { line: 4, cells: ['b', 'c'] },
  ]);
});
