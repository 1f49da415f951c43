import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { createInterface } from 'node:readline';
import { parse } from 'csv-parse';
import { DiptychError } from '../../src/errors.ts';
import type { CaptionRow, CaptionSource, Skip } from './caption-row.ts';

/** Names of the columns; a column that is not given is looked for under usual names. */
export interface CaptionColumns {
  readonly id?: string;
  readonly image?: string;
  readonly caption?: string;
  readonly tags?: string;
  /** Between the columns of a CSV file; default: a comma, in .tsv a tab. */
  readonly separator?: string;
}

type Column = 'id' | 'image' | 'caption' | 'tags';

const usualNames: Readonly<Record<Column, readonly string[]>> = {
  id: ['id'],
  image: ['image', 'file_name', 'filename', 'file', 'path', 'image_path'],
  caption: ['caption', 'captions', 'text', 'title', 'description'],
  tags: ['tags', 'keywords'],
};
const required: readonly Column[] = ['image', 'caption'];
const columnNames = Object.keys(usualNames) as Column[];

type Fields = Readonly<Record<string, unknown>>;
type Line =
  | { readonly where: string; readonly columns: readonly string[] }
  | { readonly where: string; readonly fields: Fields }
  | { readonly where: string; readonly problem: string; readonly code: string };

/**
 * Read a captions file: CSV, TSV or one JSON object a line. A line that cannot be used is skipped
 * with its reason.
 *
 * @throws DiptychError unreadable_source - no such file, or it lacks the columns needed
 */
export async function readCaptions(file: string, columns: CaptionColumns): Promise<CaptionSource> {
  const extension = extname(file).toLowerCase();
  if (!['.csv', '.tsv', '.jsonl', '.ndjson'].includes(extension)) {
    throw new DiptychError(
      'unreadable_source',
      `Captions ${file}: expected a .csv, .tsv or .jsonl file, got "${extension}"`,
    );
  }
  const problem = await stat(file).then(
    (found) => (found.isFile() ? undefined : 'it is no file'),
    (error: Error) => error.message,
  );
  if (problem !== undefined) {
    throw new DiptychError('unreadable_source', `Captions ${file} cannot be read: ${problem}`);
  }
  const isCsv = extension === '.csv' || extension === '.tsv';
  const lines = isCsv
    ? csvLines(file, columns.separator ?? (extension === '.tsv' ? '\t' : ','))
    : jsonLines(file);

  const rows: CaptionRow[] = [];
  const skipped: Skip[] = [];
  const mentioned = new Set<string>();
  const found = new Set<string>();
  for await (const line of lines) {
    const { where } = line;
    if ('problem' in line) {
      skipped.push({ where, reason: line.problem, code: line.code });
      continue;
    }
    const names = 'columns' in line ? line.columns : Object.keys(line.fields);
    for (const name of names) found.add(name);
    if ('columns' in line) continue;
    const resolved = resolveColumns(columns, names);
    const missing = required.find((column) => resolved[column] === undefined);
    if (missing !== undefined) {
      const reason = `no column ${describe(columns, missing)}; found ${names.join(', ')}`;
      skipped.push({ where, reason, code: 'wrong_column' });
      continue;
    }
    const value = (column: Column): readonly string[] => texts(line.fields[resolved[column] ?? '']);
    const [image] = value('image');
    const captions = value('caption');
    if (image === undefined) {
      skipped.push({ where, reason: 'names no image', code: 'caption_without_image' });
      continue;
    }
    mentioned.add(image);
    if (captions.length === 0) {
      skipped.push({ where, reason: `no caption for ${image}`, code: 'image_without_caption' });
      continue;
    }
    const [id] = value('id');
    const tags = value('tags').flatMap((tag) => texts(tag.split(/[,;|]/)));
    rows.push({ where, image, captions, tags, ...(id === undefined ? {} : { id }) });
  }
  checkColumns(file, columns, [...found]);
  return { rows, skipped, mentioned };
}

/** Stop where no line at all had a column that is needed or was asked for. */
function checkColumns(file: string, columns: CaptionColumns, found: readonly string[]): void {
  const resolved = resolveColumns(columns, found);
  const missing = columnNames.filter(
    (column) =>
      resolved[column] === undefined &&
      (required.includes(column) || columns[column] !== undefined),
  );
  if (missing.length === 0) return;
  throw new DiptychError(
    'unreadable_source',
    `Captions ${file}: no column ${missing.map((column) => describe(columns, column)).join(', no column ')}; ` +
      `found ${found.length === 0 ? 'none' : found.join(', ')}. ` +
      'Name columns with --image-column, --caption-column, --id-column and --tags-column',
  );
}

/** Say which column was looked for. */
function describe(columns: CaptionColumns, column: Column): string {
  return columns[column] === undefined
    ? `for the ${column} (${usualNames[column].join(', ')})`
    : `"${columns[column]}"`;
}

function resolveColumns(
  columns: CaptionColumns,
  names: readonly string[],
): Readonly<Partial<Record<Column, string>>> {
  return Object.fromEntries(
    columnNames.map((column) => {
      const wanted = columns[column] === undefined ? usualNames[column] : [columns[column]];
      return [column, wanted.find((name) => names.includes(name))];
    }),
  );
}

async function* csvLines(file: string, delimiter: string): AsyncGenerator<Line> {
  const problems: Line[] = [];
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
        problems.push({ where, problem: error?.message ?? 'unreadable', code: 'bad_row' });
        return undefined;
      },
    }),
  );
  let header: readonly string[] | undefined;
  for await (const entry of parser) {
    const { record, info } = entry as { record: string[]; info: { lines: number } };
    const where = `${basename(file)}:${info.lines}`;
    if (header === undefined) {
      header = record.map((name) => name.trim());
      yield { where, columns: header };
      continue;
    }
    if (record.length !== header.length) {
      const problem = `expected ${header.length} columns, got ${record.length}`;
      yield { where, problem, code: 'wrong_column' };
      continue;
    }
    yield { where, fields: Object.fromEntries(header.map((name, i) => [name, record[i]])) };
  }
  yield* problems;
}

async function* jsonLines(file: string): AsyncGenerator<Line> {
  let number = 0;
  for await (const text of createInterface({ input: createReadStream(file) })) {
    number += 1;
    if (text.trim() === '') continue;
    const where = `${basename(file)}:${number}`;
    let value: unknown;
    try {
      value = JSON.parse(text.replace(/^\ufeff/, ''));
    } catch (error) {
      yield { where, problem: (error as Error).message, code: 'bad_json' };
      continue;
    }
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      yield { where, fields: value as Fields };
    } else yield { where, problem: 'expected a JSON object', code: 'bad_json' };
  }
}

/** List the texts of a field: a string, a number, or an array of them. */
function texts(field: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(field) ? field : [field];
  return values
    .filter((value) => typeof value === 'string' || typeof value === 'number')
    .map((value) => String(value).trim())
    .filter((value) => value !== '');
}
