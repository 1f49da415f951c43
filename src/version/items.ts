import { z } from 'zod';
import { parseArtifactJson } from './parse-json.ts';

/** Width or height in pixels. */
const side = z.int().positive().nullable();

/**
 * The fields of an item that every result shows, besides its id and its image. The builder of an
 * index takes them with each item, and a version keeps them.
 */
export const shownFields = {
  /** The name that people see: "birthday cake". */
  title: z.string(),
  set: z.string().optional(),
  /** Pixels of the original image as it is shown; null where the file has no size, like an SVG. */
  width: side.default(null),
  height: side.default(null),
};

export const shownSchema = z.object(shownFields);

/** The shown fields as they are read: fields with a default are always there. */
export type ShownItem = Readonly<z.output<typeof shownSchema>>;
/** The shown fields as they are written: fields with a default may be left out. */
export type NewShownItem = Readonly<z.input<typeof shownSchema>>;

const ordinals = z.array(z.number().int().min(0));

const itemColumnsSchema = z
  .object({
    formatVersion: z.literal(1),
    ids: z.array(z.string()),
    titles: z.array(z.string()),
    /** Names of sets, and the position of each item's set in them, or -1. */
    setNames: z.array(z.string()),
    sets: z.array(z.number().int().min(-1)),
    /** Left out where all are null, and in versions that were built before items had sizes. */
    widths: z.array(side).optional(),
    heights: z.array(side).optional(),
    /** Media types; for each item, the position of its type and its slice of previews.bin. */
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

/** `items.json`: the shown fields as columns. The ordinal of an item is its row. */
export type ItemColumns = z.infer<typeof itemColumnsSchema>;

export interface IndexedItem extends NewShownItem {
  readonly id: string;
  /** The bytes of the preview in previews.bin. */
  readonly preview: { readonly offset: number; readonly length: number; readonly type: string };
}

/**
 * Parse `items.json`.
 *
 * @param file - the name of the file in errors
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
