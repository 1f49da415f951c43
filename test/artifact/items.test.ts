import { expect, test } from 'vitest';
import { parseCaptions } from '../../src/artifact/captions.ts';
import { itemAt, parseItems, toItemColumns, type IndexedItem } from '../../src/artifact/items.ts';

const items: IndexedItem[] = [
  {
    id: 'noto:cake',
    title: 'cake',
    set: 'noto',
    preview: { offset: 0, length: 9, type: 'image/svg+xml' },
  },
  { id: 'a/b.jpg', title: 'a dog', preview: { offset: 9, length: 5, type: 'image/webp' } },
];

test('items survive the columns', () => {
  const columns = parseItems(JSON.stringify(toItemColumns(items)));
  expect(items.map((_, i) => itemAt(columns, i))).toEqual(items);
});

test('damaged files name the file and what is wrong', () => {
  expect(() => parseItems('{')).toThrow(/^items\.json: expected JSON/);
  const columns = { ...toItemColumns(items), titles: ['one'] };
  expect(() => parseItems(JSON.stringify(columns))).toThrow('the columns differ in length');
  expect(() => parseCaptions('{"formatVersion":1,"texts":[1],"items":[[]]}')).toThrow(
    /captions\.json/,
  );
});
