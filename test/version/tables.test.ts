import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DiptychError } from '../../src/errors.ts';
import type { IndexedItem } from '../../src/version/items.ts';
import { readCaptionTable, writeCaptionTable } from '../../src/version/tables/caption-table.ts';
import { readItemTable, writeItemTable } from '../../src/version/tables/item-table.ts';

/** All characters, a byte order mark at the start of a text, and texts of several scripts. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('', '\uFEFFmark', 'crème brûlée', '誕生日', '🎂', 'a\0b', '\uFFFD'),
);
const side = fc.option(fc.integer({ min: 1, max: 2 ** 32 - 1 }));
const item = fc.record({
  id: text,
  title: text,
  set: fc.option(text, { nil: undefined }),
  width: side,
  height: side,
  preview: fc.record({
    offset: fc.integer({ min: 0, max: 2 ** 40 }),
    length: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    type: fc.constantFrom('image/webp', 'image/svg+xml', ''),
  }),
});
const someItems = fc.uniqueArray(item, { selector: ({ id }) => id, maxLength: 20 });

test('any items come back equal, by their ordinals and by their ids', () => {
  fc.assert(
    fc.property(someItems, text, (items, other) => {
      const table = readItemTable(writeItemTable(items));
      expect(table.count).toBe(items.length);
      expect(items.map((_, i) => table.at(i))).toEqual(items);
      expect(items.map((_, i) => table.setOf(i))).toEqual(items.map(({ set }) => set));
      expect(items.map(({ id }) => table.find(id))).toEqual([...items.keys()]);
      const found = items.findIndex(({ id }) => id === other);
      expect(table.find(other)).toBe(found < 0 ? undefined : found);
    }),
  );
});

test('any captions come back equal', () => {
  const captions = fc.array(
    fc.record({ text, items: fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 4 }) }),
  );
  fc.assert(
    fc.property(captions, (all) => {
      const { count, texts, itemsOf } = readCaptionTable(writeCaptionTable(all), 10);
      expect(all.map(({ items: _, ...rest }) => rest.text)).toEqual(texts.all());
      expect(Array.from({ length: count }, (_, i) => itemsOf(i))).toEqual(
        all.map(({ items }) => items),
      );
    }),
  );
});

const items: IndexedItem[] = [
  { id: 'noto:cake', title: 'cake', set: 'noto' },
  { id: 'a/b.jpg', title: 'a dog', width: 640, height: 480 },
  { id: 'ä', title: '誕生日' },
].map((one, i) => ({ ...one, preview: { offset: 9 * i, length: 9, type: 'image/webp' } }));
const itemBytes = writeItemTable(items);
const captionBytes = writeCaptionTable([
  { text: 'a cake', items: [0, 2] },
  { text: 'un gâteau', items: [1] },
]);

test('a table that begins anywhere in a buffer is read', () => {
  const moved = new Uint8Array(itemBytes.length + 3);
  moved.set(itemBytes, 3);
  expect(readItemTable(moved.subarray(3)).at(1)).toMatchObject(items[1]);
});

test('a row that the table does not have is refused', () => {
  const table = readItemTable(itemBytes);
  for (const row of [-1, 3]) {
    expect(() => table.at(row)).toThrow(`items.table: expected one of 3 rows, got ${row}`);
    expect(() => table.ids.at(row)).toThrow(RangeError);
  }
});

/** Read everything in a table. */
const readers: Record<string, [Uint8Array, (bytes: Uint8Array) => unknown]> = {
  items: [
    itemBytes,
    (bytes) => {
      const table = readItemTable(bytes);
      return table.ids.all().map((id, i) => [table.find(id), table.at(i), table.setOf(i)]);
    },
  ],
  captions: [
    captionBytes,
    (bytes) => {
      const { texts, itemsOf } = readCaptionTable(bytes, 3);
      return texts.all().map((one, i) => [one, itemsOf(i)]);
    },
  ],
};

describe.each(Object.entries(readers))('damaged %s', (_, [whole, readAll]) => {
  /** The files that differ are refused, or all of their rows can be read. */
  const survives = (bytes: Uint8Array) => {
    try {
      return readAll(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(DiptychError);
      expect(error).toMatchObject({ code: 'index_unreadable' });
      return undefined;
    }
  };

  test('never crash a reader, whichever bytes are others', () => {
    const patch = fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(fc.array(patch, { minLength: 1, maxLength: 4 }), (patches) => {
        const bytes = whole.slice();
        for (const [at, value] of patches) bytes[at] = value;
        survives(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  test('are refused when they are cut or go on', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(survives(whole.slice(0, length))).toBeUndefined();
    }
    expect(survives(Uint8Array.from([...whole, 0]))).toBeUndefined();
  });
});

describe('an error says what is wrong:', () => {
  const at = (part: string) => Buffer.from(itemBytes).indexOf(part);
  const changed = (offset: number, value: number, bytes = itemBytes) => {
    const copy = bytes.slice();
    copy[offset] = value;
    return copy;
  };
  /** The first byte of a column that holds `values`. */
  const column = (...values: number[]) =>
    Buffer.from(itemBytes).indexOf(Buffer.from(Uint32Array.from(values).buffer));

  test.each<[string, Uint8Array, string]>([
    ['another file', captionBytes, 'magic: expected "DPTYITM1", got "DPTYCAP1"'],
    ['a column that is too long', changed(24, 255), 'dictionaries: expected an end within'],
    ['a column that is too short', changed(24, 1), 'bytes of all columns: expected'],
    ['starts that fall', changed(column(0, 9, 16, 18) + 4, 17), 'idStarts: row 1: expected an end'],
    ['an unknown set', changed(column(1, 0, 0), 2), 'sets: row 0: expected at most 1, got 2'],
    ['an id that is there twice', changed(column(1, 0, 2), 0), 'byId: row 1: expected an id above'],
    ['no dictionary', changed(at('{'), 0x20), 'dictionaries: expected JSON'],
  ])('%s', (_, bytes, message) => {
    expect(() => readItemTable(bytes)).toThrow(`items.table: ${message}`);
  });

  test('a text that is no UTF-8, when it is read', () => {
    const table = readItemTable(changed(at('誕') + 1, 0));
    expect(table.at(1).title).toBe('a dog');
    expect(() => table.at(2)).toThrow('items.table: titles: row 2: expected UTF-8');
  });

  test('a caption of no item, or of one that the version lacks', () => {
    const alone = writeCaptionTable([{ text: 'a', items: [] }]);
    expect(() => readCaptionTable(alone, 3)).toThrow(
      'captions.table: caption 0: expected items below 3, got none',
    );
    expect(() => readCaptionTable(captionBytes, 2)).toThrow('items: expected items below 2, got 2');
  });
});
