import { checkRow, readStarts, startsOf } from './list-column.ts';
import { damaged, readTable, writeTable } from './table-file.ts';
import { encodeTexts, readTexts, type Texts } from './text-column.ts';

const layout = {
  magic: 'DPTYCAP1',
  columns: [
    'textStarts', // u32[count + 1]
    'texts', //      UTF-8
    'itemStarts', // u32[count + 1]: the items of caption i begin at itemStarts[i]
    'items', //      u32[…]: ordinals of items
  ],
} as const;

/** `captions.table`: the texts of the vectors in caption.bin, in the same order. */
export interface CaptionTable {
  readonly count: number;
  readonly texts: Texts;
  /** The ordinals of the items that a caption describes. @throws RangeError - no such caption */
  itemsOf(caption: number): readonly number[];
}

export interface IndexedCaption {
  readonly text: string;
  /** Ordinals of the items that the caption describes. */
  readonly items: readonly number[];
}

/** Write `captions.table`. */
export function writeCaptionTable(captions: readonly IndexedCaption[]): Uint8Array<ArrayBuffer> {
  const { starts: textStarts, bytes: texts } = encodeTexts(captions.map(({ text }) => text));
  return writeTable(layout, captions.length, {
    textStarts,
    texts,
    itemStarts: startsOf(captions.map(({ items }) => items.length)),
    items: Uint32Array.from(captions.flatMap(({ items }) => items)),
  });
}

/**
 * Read `captions.table` in place, and check that every caption describes an item.
 *
 * @param itemCount - how many items the version has
 * @param file - the name of the file in errors
 * @throws DiptychError index_unreadable
 */
export function readCaptionTable(
  bytes: Uint8Array,
  itemCount: number,
  file = 'captions.table',
): CaptionTable {
  const table = readTable(layout, bytes, file);
  const { count } = table;
  const texts = readTexts(table, 'textStarts', 'texts');
  const items = table.u32('items', table.bytes('items').byteLength >>> 2);
  const starts = readStarts(table, 'itemStarts', items.length);
  for (let caption = 0; caption < count; caption++) {
    if (starts[caption] !== starts[caption + 1]) continue;
    damaged(file, `caption ${caption}`, `items below ${itemCount}`, 'none');
  }
  const wrong = items.find((item) => item >= itemCount);
  if (wrong !== undefined) damaged(file, 'items', `items below ${itemCount}`, wrong);
  return {
    count,
    texts,
    itemsOf: (caption) => {
      checkRow(file, count, caption);
      return [...items.subarray(starts[caption], starts[caption + 1])];
    },
  };
}
