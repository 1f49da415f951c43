import { z } from 'zod';
import { parseArtifactJson } from './parse-json.ts';

/** Pixels. */
const side = z.int().positive().nullable();

/**
 * What every result shows of an item, besides its id and its image: a version keeps it, and what an
 * index is built from has it.
 */
export const shownFields = {
  /** Name shown to people: "birthday cake". */
  title: z.string(),
  set: z.string().optional(),
  /** Of the original image as it is shown; null where its file does not say, as of an SVG. */
  width: side.default(null),
  height: side.default(null),
};

export const shownSchema = z.object(shownFields);

/** What results show, as it is read: nothing is left out that has a default. */
export type ShownItem = Readonly<z.output<typeof shownSchema>>;
/** What results show, as it is written. */
export type NewShownItem = Readonly<z.input<typeof shownSchema>>;

const ordinals = z.array(z.number().int().min(0));

const itemColumnsSchema = z
  .object({
    formatVersion: z.literal(1),
    ids: z.array(z.string()),
    titles: z.array(z.string()),
    /** Names of sets, and for each item its position there or -1. */
    setNames: z.array(z.string()),
    sets: z.array(z.number().int().min(-1)),
    /** Left out where all are null, and by versions that were built before there were sizes. */
    widths: z.array(side).optional(),
    heights: z.array(side).optional(),
    /** Media types, and for each item its position there and its slice of previews.bin. */
    previewTypes: z.array(z.string()),
    previews: z.object({ types: ordinals, offsets: ordinals, lengths: ordinals }),
  })
  .refine(
    ({ ids, titles, sets, widths = ids, heights = ids, previews }) =>
      [titles, sets, widths, heights, ...Object.values(previews)].every(
        (column) => column.length === ids.length,
      ),
    { message: 'the columns differ in length' },
  );

/** `items.json`: what a result shows, as columns; an item is its ordinal. */
export type ItemColumns = z.infer<typeof itemColumnsSchema>;

export interface IndexedItem extends NewShownItem {
  readonly id: string;
  /** Bytes of previews.bin. */
  readonly preview: { readonly offset: number; readonly length: number; readonly type: string };
}

/**
 * Parse `items.json`.
 *
 * @param file - names it in errors
 * @throws DiptychError index_unreadable
 */
export function parseItems(json: string, file = 'items.json'): ItemColumns {
  return parseArtifactJson(file, itemColumnsSchema, json);
}

/** Put items into columns. */
export function toItemColumns(items: readonly IndexedItem[]): ItemColumns {
  const setNames = [...new Set(items.flatMap(({ set }) => set ?? []))];
  const previewTypes = [...new Set(items.map(({ preview }) => preview.type))];
  const setOrdinals = new Map(setNames.map((name, i) => [name, i]));
  return {
    formatVersion: 1,
    ids: items.map(({ id }) => id),
    titles: items.map(({ title }) => title),
    setNames,
    sets: items.map(({ set }) => (set === undefined ? -1 : setOrdinals.get(set)!)),
    widths: sides(items.map(({ width = null }) => width)),
    heights: sides(items.map(({ height = null }) => height)),
    previewTypes,
    previews: {
      types: items.map(({ preview }) => previewTypes.indexOf(preview.type)),
      offsets: items.map(({ preview }) => preview.offset),
      lengths: items.map(({ preview }) => preview.length),
    },
  };
}

function sides(column: (number | null)[]): (number | null)[] | undefined {
  return column.some((side) => side !== null) ? column : undefined;
}

/** Read item `ordinal` back. @throws RangeError where the columns do not have it */
export function itemAt(columns: ItemColumns, ordinal: number): IndexedItem & ShownItem {
  const { ids, titles, sets, setNames, widths, heights, previews, previewTypes } = columns;
  const set = setNames[cell(sets, ordinal)];
  return {
    id: cell(ids, ordinal),
    title: cell(titles, ordinal),
    ...(set === undefined ? {} : { set }),
    width: widths?.[ordinal] ?? null,
    height: heights?.[ordinal] ?? null,
    preview: {
      offset: cell(previews.offsets, ordinal),
      length: cell(previews.lengths, ordinal),
      type: cell(previewTypes, cell(previews.types, ordinal)),
    },
  };
}

function cell<T extends string | number>(column: readonly T[], row: number): T {
  const value = column[row];
  if (value !== undefined) return value;
  throw new RangeError(`items.json: expected one of ${column.length} rows, got ${row}`);
}
