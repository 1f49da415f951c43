import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { parse } from 'csv-parse';
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
import { readFileLines } from './read-file-lines.ts';
import { openSpool } from './row-spool.ts';

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
 * @throws DiptychError unreadable_source - there is no such file, or it lacks a needed column
 */
export async function* readCaptions(
  file: string,
  columns: CaptionColumns,
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
    ? csvLines(file, columns.separator ?? (extension === '.tsv' ? '\t' : ','))
    : jsonLines(file);

  const found = new Set<string>();
  let layout = layoutOf(columns, []);
  for await (const line of lines) {
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

async function* csvLines(file: string, delimiter: string): AsyncGenerator<Line> {
  const problems = openSpool<Line>();
  const parser = createReadStream(file).pipe(
    parse({
      bom: true,
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
      on_skip: (error) => {
        const where = `${basename(file)}:${String(error?.lines ?? '?')}`;
        problems.add({ where, problem: error?.message ?? 'unreadable', code: 'bad_row' });
        return undefined;
      },
    }),
  );
  let header: readonly string[] | undefined;
  try {
    for await (const entry of parser) {
      const { record, info } = entry as { record: string[]; info: { lines: number } };
      const where = `${basename(file)}:${info.lines}`;
      if (header === undefined) {
        header = record.map((name) => name.trim());
        yield { where, columns: header };
      } else if (record.length === header.length) {
        yield { where, fields: Object.fromEntries(header.map((name, i) => [name, record[i]])) };
      } else {
        const problem = `expected ${header.length} columns, got ${record.length}`;
        yield { where, problem, code: 'wrong_column' };
      }
    }
    yield* problems.rows();
  } finally {
    problems.close();
  }
}

function* jsonLines(file: string): Generator<Line> {
  let number = 0;
  for (const text of readFileLines(file)) {
    number += 1;
    if (text.trim() === '') continue;
    const where = `${basename(file)}:${number}`;
    let value: unknown;
    try {
      value = parseFileJson(text.replace(/^\ufeff/, ''));
    } catch (error) {
      yield { where, problem: (error as Error).message, code: 'bad_json' };
      continue;
    }
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      yield { where, fields: value as Fields };
    } else yield { where, problem: 'expected a JSON object', code: 'bad_json' };
  }
}
