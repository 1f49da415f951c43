import { expect, test } from 'vitest';
import { parseCaptions } from '../../src/version/captions.ts';
import { itemAt, parseItems, toItemColumns, type IndexedItem } from '../../src/version/items.ts';

const items: IndexedItem[] = [
  {
    id: 'noto:cake',
    title: 'cake',
    set: 'noto',
    width: null,
    height: null,
    preview: { offset: 0, length: 9, type: 'image/svg+xml' },
  },
  {
    id: 'a/b.jpg',
    title: 'a dog',
    width: 640,
    height: 480,
    preview: { offset: 9, length: 5, type: 'image/webp' },
  },
];

test('items survive the columns', () => {
  const columns = parseItems(JSON.stringify(toItemColumns(items)));
  expect(items.map((_, i) => itemAt(columns, i))).toEqual(items);
});

test('an ordinal that no item has is refused', () => {
  const columns = toItemColumns(items);
  expect(() => itemAt(columns, 2)).toThrow('items.json: expected one of 2 rows, got 2');
});

test('versions that were built before there were sizes open without them', () => {
  const columns = toItemColumns(items.map(({ width: _width, height: _height, ...item }) => item));
  const json = JSON.stringify(columns);
  expect(Object.keys(JSON.parse(json) as object)).toEqual([
    ...['formatVersion', 'ids', 'titles', 'setNames', 'sets', 'previewTypes', 'previews'],
  ]);
  expect(itemAt(parseItems(json), 1)).toEqual({ ...items[1], width: null, height: null });
});

test('damaged files name the file and what is wrong', () => {
  expect(() => parseItems('{')).toThrow(/^items\.json: expected JSON/);
  for (const column of [{ titles: ['one'] }, { widths: [1] }]) {
    const columns = { ...toItemColumns(items), ...column };
    expect(() => parseItems(JSON.stringify(columns))).toThrow('the columns differ in length');
  }
  expect(() => parseCaptions('{"formatVersion":1,"texts":[1],"items":[[]]}')).toThrow(
    /captions\.json/,
  );
});
