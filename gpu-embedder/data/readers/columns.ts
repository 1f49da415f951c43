import { DiptychError } from '../../../src/errors.ts';
import type { Item } from '../prepared/prepared.ts';
import type { ImageMetadata, Skip } from './source.ts';
import { wrongBytes } from './wrong-bytes.ts';

const usualNames = {
  id: ['id'],
  image: ['image', 'file_name', 'filename', 'file', 'path', 'image_path', 'img', 'image_bytes'],
  caption: ['caption', 'captions', 'text', 'title', 'description'],
  tags: ['tags', 'keywords'],
  label: ['label', 'class', 'category', 'cls'],
  split: ['split'],
} as const satisfies Record<string, readonly string[]>;

export type Column = keyof typeof usualNames;
const columnNames = Object.keys(usualNames) as Column[];

/** Names of columns or fields; where a name is absent, the usual names are tried. */
export type Columns = Readonly<Partial<Record<Column, string>>>;

export type Fields = Readonly<Record<string, unknown>>;

/** Find columns among the names that a source has. */
export function findColumns(columns: Columns, names: readonly string[]): Columns {
  return Object.fromEntries(
    columnNames.map((column) => {
      const wanted = columns[column] === undefined ? usualNames[column] : [columns[column]];
      return [column, wanted.find((name) => names.includes(name))];
    }),
  );
}

/**
 * Describe the needed columns that are missing and list the columns that the source has. A label
 * column can replace the caption column, unless the user named a caption column.
 */
export function missingColumns(
  columns: Columns,
  names: readonly string[],
  needed: readonly Column[],
): string | undefined {
  const found = findColumns(columns, names);
  const missing = needed.filter(
    (column) =>
      found[column] === undefined &&
      (column !== 'caption' || columns.caption !== undefined || found.label === undefined),
  );
  if (missing.length === 0) return undefined;
  const wanted = missing.map((column) =>
    columns[column] === undefined
      ? `no column for the ${column} (${usualNames[column].join(', ')})`
      : `no column "${columns[column]}"`,
  );
  return `${wanted.join(', ')}; found ${names.length === 0 ? 'none' : names.join(', ')}`;
}

/**
 * Check the columns of a whole source: the columns that every image needs and the columns that
 * the user named.
 *
 * @param source - for the message: `Captions photos.csv`
 * @throws DiptychError unreadable_source
 */
export function checkColumns(
  source: string,
  columns: Columns,
  names: readonly string[],
  needed: readonly Column[],
): void {
  const named = columnNames.filter((column) => columns[column] !== undefined);
  const problem = missingColumns(columns, names, [...new Set([...needed, ...named])]);
  if (problem === undefined) return;
  const flags = columnNames.map((column) => `--${column}-column`).join(', ');
  throw new DiptychError('unreadable_source', `${source}: ${problem}. Name columns with ${flags}`);
}

/** Read the metadata of one image from its fields. */
export function readFields(
  fields: Fields,
  found: Columns,
): (ImageMetadata & { readonly id?: string }) | Omit<Skip, 'where'> {
  const wrong = wrongBytes(fields, found);
  if (wrong !== undefined) return wrong;
  const value = (column: Column): readonly string[] => {
    const name = found[column];
    return name === undefined ? [] : textsOf(fields[name]);
  };
  const captions = value('caption');
  const [[id], [label], [splitName]] = [value('id'), value('label'), value('split')];
  if (captions.length === 0 && label === undefined) {
    return { reason: 'no caption', code: 'image_without_caption' };
  }
  const split = splitName === undefined ? undefined : splits.get(splitName.toLowerCase());
  if (splitName !== undefined && split === undefined) {
    const reason = `split "${splitName}": expected ${[...splits.keys()].join(', ')}`;
    return { reason, code: 'unknown_split' };
  }
  return {
    captions,
    tags: value('tags').flatMap((tag) => textsOf(tag.split(/[,;|]/))),
    ...(id === undefined ? {} : { id }),
    ...(label === undefined ? {} : { label }),
    ...(split === undefined ? {} : { split }),
  };
}

/** Test images count as validation, so that no training uses them. */
const splits: ReadonlyMap<string, Item['split']> = new Map([
  ['train', 'train'],
  ['training', 'train'],
  ['validation', 'validation'],
  ['valid', 'validation'],
  ['val', 'validation'],
  ['dev', 'validation'],
  ['test', 'validation'],
]);

/** List the texts of a field: a string, a number, UTF-8 bytes, or an array of them. */
export function textsOf(field: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(field) ? field : [field];
  return values
    .map((value) => {
      if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8').trim();
      return ['string', 'number', 'bigint'].includes(typeof value) ? String(value).trim() : '';
    })
    .filter((value) => value !== '');
}
