import { z } from 'zod';
import type { IndexedItem, ShownItem } from '../items.ts';
import { parseArtifactJson } from '../parse-json.ts';
import { checkRow } from './list-column.ts';
import { damaged, readTable, writeTable, type TableFile } from './table-file.ts';
import { compareBytes, encodeTexts, readTexts, type Texts } from './text-column.ts';

const layout = {
  magic: 'DPTYITM1',
  columns: [
    'dictionaries', //   JSON: the distinct sets and media types
    'idStarts', //       u32[count + 1]
    'ids', //            UTF-8
    'titleStarts', //    u32[count + 1]
    'titles', //         UTF-8
    'sets', //           u32[count]: 1 + the position in the dictionary; 0 for none
    'widths', //         u32[count], 0 for null; empty where all are null
    'heights', //        the same
    'previewTypes', //   u32[count]: the position in the dictionary
    'previewOffsets', // f64[count]: bytes, which may be above 4 GB
    'previewLengths', // u32[count]: bytes
    'byId', //           u32[count]: ordinals, in the order of the UTF-8 of their ids
  ],
} as const;
type Column = (typeof layout.columns)[number];

const dictionariesSchema = z.object({
  sets: z.array(z.string()),
  previewTypes: z.array(z.string()),
});

/** `items.table`: what results show of items. The ordinal of an item is its row. */
export interface ItemTable {
  readonly count: number;
  readonly ids: Texts;
  /** The end of the last preview in previews.bin. */
  readonly previewEnd: number;
  /** @throws RangeError where there is no such item; DiptychError as `Texts.at` */
  at(ordinal: number): IndexedItem & ShownItem;
  /** The set of an item. */
  setOf(ordinal: number): string | undefined;
  /** Find the ordinal of an id by bisection; undefined where no item has it. */
  find(id: string): number | undefined;
}

/** Write `items.table`. */
export function writeItemTable(items: readonly IndexedItem[]): Uint8Array<ArrayBuffer> {
  const sets = new Map([...new Set(items.flatMap(({ set }) => set ?? []))].map(numbered));
  const types = new Map([...new Set(items.map(({ preview }) => preview.type))].map(numbered));
  const dictionaries = { sets: [...sets.keys()], previewTypes: [...types.keys()] };
  const { starts: idStarts, bytes: ids } = encodeTexts(items.map(({ id }) => id));
  const { starts: titleStarts, bytes: titles } = encodeTexts(items.map(({ title }) => title));
  const idAt = (row: number) => ids.subarray(idStarts[row], idStarts[row + 1]);
  return writeTable(layout, items.length, {
    dictionaries: new TextEncoder().encode(JSON.stringify(dictionaries)),
    idStarts,
    ids,
    titleStarts,
    titles,
    sets: Uint32Array.from(items, ({ set }) => (set === undefined ? 0 : 1 + sets.get(set)!)),
    widths: sides(items.map(({ width }) => width)),
    heights: sides(items.map(({ height }) => height)),
    previewTypes: Uint32Array.from(items, ({ preview }) => types.get(preview.type)!),
    previewOffsets: Float64Array.from(items, ({ preview }) => preview.offset),
    previewLengths: Uint32Array.from(items, ({ preview }) => preview.length),
    byId: Uint32Array.from(items.keys()).sort((a, b) => compareBytes(idAt(a), idAt(b))),
  });
}

const numbered = (name: string, position: number) => [name, position] as const;

function sides(column: readonly (number | null | undefined)[]): Uint32Array {
  return Uint32Array.from(column.some(Boolean) ? column : [], (side) => side ?? 0);
}

/**
 * Read `items.table` in place, and check every reference in it.
 *
 * @param file - the name of the file in errors
 * @throws DiptychError index_unreadable
 */
export function readItemTable(bytes: Uint8Array, file = 'items.table'): ItemTable {
  const table = readTable(layout, bytes, file);
  const { count } = table;
  const json = new TextDecoder().decode(table.bytes('dictionaries'));
  const names = parseArtifactJson(`${file}: dictionaries`, dictionariesSchema, json);
  const ids = readTexts(table, 'idStarts', 'ids');
  const titles = readTexts(table, 'titleStarts', 'titles');
  const sets = positions(table, 'sets', names.sets.length);
  const types = positions(table, 'previewTypes', names.previewTypes.length - 1);
  const [widths, heights] = [sidesOf(table, 'widths'), sidesOf(table, 'heights')];
  const offsets = table.f64('previewOffsets', count);
  const lengths = table.u32('previewLengths', count);
  const byId = readOrder(table, ids);
  const setOf = (ordinal: number) => names.sets[sets[ordinal]! - 1];
  return {
    count,
    ids,
    previewEnd: endOf(file, offsets, lengths),
    setOf,
    find: (id) => findId(ids, byId, id),
    at: (ordinal) => {
      checkRow(file, count, ordinal);
      const set = setOf(ordinal);
      return {
        id: ids.at(ordinal),
        title: titles.at(ordinal),
        ...(set === undefined ? {} : { set }),
        width: widths?.[ordinal] || null,
        height: heights?.[ordinal] || null,
        preview: {
          offset: offsets[ordinal]!,
          length: lengths[ordinal]!,
          type: names.previewTypes[types[ordinal]!]!,
        },
      };
    },
  };
}

/** Read a column of positions, none of which is above `most`. */
function positions(table: TableFile<Column>, name: Column, most: number): Uint32Array {
  const column = table.u32(name, table.count);
  const wrong = column.findIndex((position) => position > most);
  if (wrong < 0) return column;
  return damaged(table.file, `${name}: row ${wrong}`, `at most ${most}`, column[wrong]);
}

function sidesOf(table: TableFile<Column>, name: Column): Uint32Array | null {
  return table.bytes(name).byteLength === 0 ? null : table.u32(name, table.count);
}

/** Find the end of the last preview. Offsets are floats, which could be no place in a file. */
function endOf(file: string, offsets: Float64Array, lengths: Uint32Array): number {
  let last = 0;
  for (const [row, offset] of offsets.entries()) {
    const end = offset + lengths[row]!;
    if (!Number.isSafeInteger(end) || !(offset >= 0)) {
      damaged(file, `previewOffsets: row ${row}`, 'a whole number', offset);
    }
    last = Math.max(last, end);
  }
  return last;
}

/** Read the order of ids. If each id is above the one before it, every item is there just once. */
function readOrder(table: TableFile<Column>, ids: Texts): Uint32Array {
  const byId = positions(table, 'byId', table.count - 1);
  let before: Uint8Array | undefined;
  for (const [i, ordinal] of byId.entries()) {
    const id = ids.bytesAt(ordinal);
    if (before && compareBytes(before, id) >= 0) {
      const [other, got] = [byId[i - 1]!, ordinal].map((row) => JSON.stringify(ids.at(row)));
      damaged(table.file, `byId: row ${i}`, `an id above ${other}`, got);
    }
    before = id;
  }
  return byId;
}

function findId(ids: Texts, byId: Uint32Array, id: string): number | undefined {
  const key = new TextEncoder().encode(id);
  let [low, high] = [0, byId.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes(ids.bytesAt(byId[middle]!), key) < 0) low = middle + 1;
    else high = middle;
  }
  // UTF-8 has one replacement for every half of a surrogate pair, so the texts are compared, too.
  const ordinal = byId[low];
  return ordinal !== undefined && ids.at(ordinal) === id ? ordinal : undefined;
}
