import { DiptychError } from '../../../src/errors.ts';
import { shorten } from '../../../src/text/shorten.ts';
import type { Item } from '../prepared/prepared.ts';
import type { ImageMetadata, Skip } from './source.ts';
import { wrongBytes } from './wrong-bytes.ts';

const usualNames = {
  id: ['id'],
  image: ['image', 'file_name', 'filename', 'file', 'path', 'image_path', 'img', 'image_bytes'],
  caption: ['caption', 'captions', 'text', 'title', 'description', 'sentences', 'sentence', 'raw'],
  tags: ['tags', 'keywords'],
  label: ['label', 'class', 'category', 'cls'],
  split: ['split'],
} as const satisfies Record<string, readonly string[]>;

/** One column for each of the captions of an image: `caption_0`, `caption_1`. */
const numberedCaption = /^captions?[_-]?\d+$/;

export type Column = keyof typeof usualNames;
const columnNames = Object.keys(usualNames) as Column[];

/** Names of columns or fields; where a name is absent, the usual names are tried. */
export interface Columns extends Readonly<
  Partial<Record<Exclude<Column, 'caption' | 'split'>, string>>
> {
  /** Every one of them has captions. */
  readonly caption?: readonly string[];
  /** False: the source's own division of its images is ignored. */
  readonly split?: string | false;
}

export type Fields = Readonly<Record<string, unknown>>;

/** Find columns among the names that a source has. */
export function findColumns(columns: Columns, names: readonly string[]): Columns {
  const find = (column: Exclude<Column, 'caption'>): string | undefined => {
    const chosen = columns[column];
    if (chosen === false) return undefined;
    const wanted = chosen === undefined ? usualNames[column] : [chosen];
    return wanted.find((name) => names.includes(name));
  };
  const caption = findCaptions(columns, names);
  return {
    ...(caption.length > 0 && { caption }),
    ...{ id: find('id'), image: find('image'), tags: find('tags'), label: find('label') },
    split: find('split'),
  };
}

function findCaptions({ caption }: Columns, names: readonly string[]): readonly string[] {
  if (caption !== undefined) return caption.filter((name) => names.includes(name));
  const numbered = names.filter((name) => numberedCaption.test(name));
  const usual = usualNames.caption.find((name) => names.includes(name));
  // Next to numbered captions, a title or a description is something else.
  const isCaption = numbered.length === 0 || usual === 'caption' || usual === 'captions';
  return [...(usual !== undefined && isCaption ? [usual] : []), ...numbered];
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
      : `no column "${[columns[column]].flat().join('", "')}"`,
  );
  return `${wanted.join(', ')}; found ${names.length === 0 ? 'none' : shorten(names.join(', '), 500)}`;
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
  const named = columnNames.filter((column) => (columns[column] ?? false) !== false);
  const problem = [
    missingColumns(columns, names, [...new Set([...needed, ...named])]),
    ...(columns.caption ?? []).map((name) =>
      missingColumns({ caption: [name] }, names, ['caption']),
    ),
  ].find((found) => found !== undefined);
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
  const value = (name: string | false | undefined): readonly string[] =>
    name === undefined || name === false ? [] : textsOf(fields[name]);
  const captions = [...new Set(found.caption?.flatMap((name) => captionsOf(fields[name])))];
  const [[id], [label], [splitName]] = [value(found.id), value(found.label), value(found.split)];
  if (captions.length === 0 && label === undefined) {
    return { reason: 'no caption', code: 'image_without_caption' };
  }
  const split = splitName === undefined ? undefined : splitOf(splitName);
  if (splitName !== undefined && split === undefined) {
    const reason = `split "${shorten(splitName)}": expected train or restval, validation, val, dev or test; to take no notice of it, give --ignore-split`;
    return { reason, code: 'unknown_split' };
  }
  return {
    captions,
    tags: value(found.tags).flatMap((tag) => textsOf(tag.split(/[,;|]/))),
    ...(id === undefined ? {} : { id }),
    ...(label === undefined ? {} : { label }),
    ...(split === undefined ? {} : { split }),
  };
}

/** `restval` are images of COCO's validation set that Karpathy's division gives to training. */
const training = /^(train(ing)?[_-]?\d*|restval)$/i;
/** Test images count as validation, so that no training uses them: `val2017`, `testA`, `test-dev`. */
const heldOut = /^(validation|valid|val|dev|test)(\d+|[a-z]|[_-].*)?$/i;

function splitOf(name: string): Item['split'] | undefined {
  if (training.test(name)) return 'train';
  return heldOut.test(name) ? 'validation' : undefined;
}

/**
 * List the captions of a field: texts, or objects that hold them (`{"raw": …}`), or a list of these.
 *
 * @param levels - how deep lists and objects may lie in each other
 */
export function captionsOf(field: unknown, levels = 4): readonly string[] {
  if (typeof field !== 'object' || field === null || field instanceof Uint8Array) {
    return textsOf(field);
  }
  if (levels === 0) return [];
  if (Array.isArray(field)) return field.flatMap((value) => captionsOf(value, levels - 1));
  const inside = field as Fields;
  const found = usualNames.caption.map((name) => captionsOf(inside[name], levels - 1));
  return found.find((captions) => captions.length > 0) ?? [];
}

/** List the texts of a field: a string, a number, UTF-8 bytes, or an array of them. */
export function textsOf(field: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(field) ? field : [field];
  return values
    .map((value) => {
      if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8').trim();
      // Tools that keep numbers in floats write NaN where there is none.
      if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
      return ['string', 'bigint'].includes(typeof value) ? String(value).trim() : '';
    })
    .filter((value) => value !== '');
}
