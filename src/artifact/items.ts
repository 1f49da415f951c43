import { z } from 'zod';
import { parseArtifactJson } from './parse-json.ts';

const ordinals = z.array(z.number().int().min(0));

const itemColumnsSchema = z
  .object({
    formatVersion: z.literal(1),
    ids: z.array(z.string()),
    titles: z.array(z.string()),
    /** Names of sets, and for each item its position there or -1. */
    setNames: z.array(z.string()),
    sets: z.array(z.number().int().min(-1)),
    /** Media types, and for each item its position there and its slice of previews.bin. */
    previewTypes: z.array(z.string()),
    previews: z.object({ types: ordinals, offsets: ordinals, lengths: ordinals }),
  })
  .refine(
    ({ ids, titles, sets, previews }) =>
      [titles, sets, ...Object.values(previews)].every((column) => column.length === ids.length),
    { message: 'the columns differ in length' },
  );

/** `items.json`: what a result shows, as columns; an item is its ordinal. */
export type ItemColumns = z.infer<typeof itemColumnsSchema>;

export interface IndexedItem {
  readonly id: string;
  readonly title: string;
  readonly set?: string;
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
    previewTypes,
    previews: {
      types: items.map(({ preview }) => previewTypes.indexOf(preview.type)),
      offsets: items.map(({ preview }) => preview.offset),
      lengths: items.map(({ preview }) => preview.length),
    },
  };
}

/** Read item `ordinal` back. */
export function itemAt(columns: ItemColumns, ordinal: number): IndexedItem {
  const { ids, titles, sets, setNames, previews, previewTypes } = columns;
  const set = setNames[sets[ordinal]];
  return {
    id: ids[ordinal],
    title: titles[ordinal],
    ...(set === undefined ? {} : { set }),
    preview: {
      offset: previews.offsets[ordinal],
      length: previews.lengths[ordinal],
      type: previewTypes[previews.types[ordinal]],
    },
  };
}
