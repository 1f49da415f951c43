import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { DiptychError } from '../../../src/errors.ts';
import { parseFileJson } from '../../../src/text/exact-json.ts';
import type { CaptionEntry } from './caption-source.ts';
import {
  checkColumns,
  findColumns,
  missingColumns,
  readFields,
  textsOf,
  type Column,
  type Columns,
  type Fields,
} from './columns.ts';
import { csvRows } from './csv-rows.ts';
import { readTextLines } from './read-text-lines.ts';

export interface CaptionColumns extends Columns {
  /** Separator of the columns of a CSV file; default: a comma, in .tsv files a tab. */
  readonly separator?: string;
}

const needed: readonly Column[] = ['image', 'caption'];

type Line =
  | { readonly where: string; readonly columns: readonly string[] }
  | { readonly where: string; readonly fields: Fields }
  | { readonly where: string; readonly problem: string; readonly code: string };

/**
 * Read a captions file row by row: CSV, TSV or one JSON object a line. An unusable line gives a
 * skip with its reason.
 *
 * @param encoding - of a file without a byte order mark; default: UTF-8
 * @throws DiptychError unreadable_source - there is no such file, or it lacks a needed column
 */
export async function* readCaptions(
  file: string,
  columns: CaptionColumns,
  encoding?: string,
): AsyncGenerator<CaptionEntry> {
  const extension = extname(file).toLowerCase();
  if (!['.csv', '.tsv', '.jsonl', '.ndjson'].includes(extension)) {
    throw new DiptychError(
      'unreadable_source',
      `Captions ${file}: expected a .csv, .tsv or .jsonl file, got "${extension}"`,
    );
  }
  const problem = await stat(file).then(
    (found) => (found.isFile() ? undefined : 'it is not a file'),
    (error: Error) => error.message,
  );
  if (problem !== undefined) {
    throw new DiptychError('unreadable_source', `Captions ${file} cannot be read: ${problem}`);
  }
  const isCsv = extension === '.csv' || extension === '.tsv';
  const lines = isCsv
    ? csvLines(file, columns.separator ?? (extension === '.tsv' ? '\t' : ','), encoding)
    : jsonLines(file, encoding);

  const found = new Set<string>();
  let layout = layoutOf(columns, []);
  for (const line of lines) {
    const { where } = line;
    if ('problem' in line) {
      yield { where, reason: line.problem, code: line.code };
      continue;
    }
    const names = 'columns' in line ? line.columns : Object.keys(line.fields);
    for (const name of names) found.add(name);
    if (!('fields' in line)) continue;
    // A line usually has the columns of the line before, so the layout is kept.
    if (!sameNames(names, layout.names)) layout = layoutOf(columns, names);
    yield readRow(where, line.fields, layout);
  }
  checkColumns(`Captions ${file}`, columns, [...found], needed);
}

/** The columns of a line, and a description of the needed columns that it lacks. */
interface Layout {
  readonly names: readonly string[];
  readonly found: Columns;
  readonly problem?: string;
}

function layoutOf(columns: CaptionColumns, names: readonly string[]): Layout {
  const problem = missingColumns(columns, names, needed);
  return { names, found: findColumns(columns, names), problem };
}

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name, i) => name === others[i]);
}

function readRow(where: string, fields: Fields, { found, problem }: Layout): CaptionEntry {
  if (problem !== undefined) return { where, reason: problem, code: 'wrong_column' };
  const [image] = textsOf(fields[found.image!]);
  if (image === undefined) {
    return { where, reason: 'the row names no image', code: 'caption_without_image' };
  }
  const metadata = readFields(fields, found);
  return 'code' in metadata
    ? { where, image, reason: `${image}: ${metadata.reason}`, code: metadata.code }
    : { where, image, ...metadata };
}

function* csvLines(file: string, separator: string, encoding?: string): Generator<Line> {
  let columns: readonly string[] | undefined;
  for (const row of csvRows(readTextLines(file, encoding), separator)) {
    const where = `${basename(file)}:${row.line}`;
    if ('problem' in row) yield { where, problem: row.problem, code: row.code };
    else if (columns === undefined) {
      columns = row.cells.map((name) => name.trim());
      yield { where, columns };
    } else if (row.cells.length === columns.length) {
      yield { where, fields: fieldsOf(columns, row.cells) };
    } else {
      const problem = `expected ${columns.length} columns, got ${row.cells.length}`;
      yield { where, problem, code: 'wrong_column' };
    }
  }
}

/** Name the cells of a row; columns of the same name give a list. */
function fieldsOf(columns: readonly string[], cells: readonly string[]): Fields {
  const fields = new Map<string, string | string[]>();
  for (const [i, name] of columns.entries()) {
    const known = fields.get(name);
    fields.set(name, known === undefined ? cells[i] : [known, cells[i]].flat());
  }
  return Object.fromEntries(fields);
}

function* jsonLines(file: string, encoding?: string): Generator<Line> {
  for (const { number, text, problem } of readTextLines(file, encoding)) {
    const where = `${basename(file)}:${number}`;
    if (problem !== undefined) {
      yield { where, problem, code: 'bad_encoding' };
      continue;
    }
    if (text.trim() === '') continue;
    let value: unknown;
    try {
      value = parseFileJson(text);
    } catch (error) {
      yield { where, problem: (error as Error).message, code: 'bad_json' };
      continue;
    }
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      yield { where, fields: value as Fields };
    } else yield { where, problem: 'expected a JSON object', code: 'bad_json' };
  }
}
