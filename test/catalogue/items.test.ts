import { beforeAll, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/catalogue/catalogue.ts';
import {
  createCollection,
  getCollection,
  listCollections,
  removeCollection,
} from '../../src/catalogue/collections.ts';
import {
  deleteItems,
  listDeleted,
  purgeDeleted,
  type DeletedItem,
} from '../../src/items/delete-items.ts';
import { insertRows } from '../../src/catalogue/insert-rows.ts';
import { countItems, getItem, getItems, listItems } from '../../src/items/items.ts';
import type { ItemFilter } from '../../src/items/items.ts';
import type { ItemRow } from '../../src/catalogue/schema/tables.ts';
import { upsertItems } from '../../src/items/upsert-items.ts';
import type { NewItem } from '../../src/items/item.ts';
import { testDatabases } from '../support/catalogues.ts';
import { useDatabases } from '../support/use-databases.ts';

describe.each(testDatabases)('items (%s)', (_, start) => {
  const databases = useDatabases(start);
  let catalogue: Catalogue;
  let time = 1000;
  beforeAll(async () => {
    catalogue = await databases.open({ now: () => time });
  });

  const allIds = async (collection: string, filter: ItemFilter = {}, limit = 3) => {
    const ids: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await listItems(catalogue, { collection, after, limit, filter });
      ids.push(...page.items.map(({ id }) => id));
      if (!page.next) return ids;
      after = page.next;
    }
  };

  it('gives back what was written', async () => {
    const item = {
      id: 'a',
      title: 'Torte 🎂 \'mit\' "Kerzen" \\ und ? :name',
      set: 'noto',
      label: 'Essen',
      imageHash: 'f'.repeat(64),
      width: 640,
      height: 480,
      captions: ['ein Kuchen 🎂', 'zweite\nZeile', '', '日本語'],
      tags: ['süß', '🍰'],
      metadata: { b: 1, a: { d: null, c: ['x'] } },
    };
    time = 1234567890123;
    expect(await upsertItems(catalogue, 'whole', [item])).toEqual(['created']);
    const { captions, ...rest } = (await getItem(catalogue, 'whole', 'a'))!;
    expect(captions.map(({ text }) => text)).toEqual(item.captions);
    expect(captions[2].textHash).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    const { captions: _captions, ...expected } = item;
    expect(rest).toEqual({
      ...expected,
      contentHash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      createdAt: time,
      updatedAt: time,
      deletedAt: null,
    });
    expect(await getItem(catalogue, 'whole', 'b')).toBeUndefined();
    expect(await getItem(catalogue, 'other', 'a')).toBeUndefined();
  });

  it('does nothing when the same content comes again, whatever the order of its keys', async () => {
    const write = (metadata: Record<string, unknown>) =>
      upsertItems(catalogue, 'again', [{ id: 'a', title: 't', captions: ['x'], metadata }]);
    time = 10;
    expect(await write({ a: 1, b: 2 })).toEqual(['created']);
    time = 20;
    expect(await write({ b: 2, a: 1 })).toEqual(['unchanged']);
    expect(await getItem(catalogue, 'again', 'a')).toMatchObject({ createdAt: 10, updatedAt: 10 });
    expect(await write({ b: 3, a: 1 })).toEqual(['updated']);
    expect(await getItem(catalogue, 'again', 'a')).toMatchObject({ createdAt: 10, updatedAt: 20 });
  });

  it('writes an item again when any of its fields changes', async () => {
    const item: NewItem = {
      ...{
        id: 'a',
        title: 't',
        set: null,
        label: null,
        imageHash: null,
        width: null,
        height: null,
      },
      ...{ captions: [], tags: [], metadata: null },
    };
    const changes: Required<Omit<NewItem, 'id'>> = {
      title: 'u',
      set: 's',
      label: 'l',
      imageHash: 'f'.repeat(64),
      width: 3,
      height: 2,
      captions: ['c'],
      tags: ['g'],
      metadata: { m: 1 },
    };
    await upsertItems(catalogue, 'fields', [item]);
    for (const [field, value] of Object.entries(changes)) {
      const changed = { ...item, [field]: value };
      expect(await upsertItems(catalogue, 'fields', [changed]), field).toEqual(['updated']);
      expect(await upsertItems(catalogue, 'fields', [changed]), field).toEqual(['unchanged']);
      expect(await upsertItems(catalogue, 'fields', [item]), field).toEqual(['updated']);
    }
  });

  it('tells what became of each item of a batch, and applies those of one id in order', async () => {
    const batch: NewItem[] = [
      { id: 'b', title: 'first', captions: ['1', '2', '3'], label: 'kept' },
      { id: 'a', title: 'a' },
      { id: 'b', title: 'last', captions: ['4'] },
      { id: 'b', title: 'last', captions: ['4'] },
    ];
    const outcomes = await upsertItems(catalogue, 'batch', batch);
    expect(outcomes).toEqual(['created', 'created', 'updated', 'unchanged']);
    const [a, b] = await getItems(catalogue, 'batch', ['b', 'a', 'c']);
    expect(a).toMatchObject({ id: 'a', captions: [] });
    expect(b).toMatchObject({ title: 'last', label: 'kept', captions: [{ text: '4' }] });
  });

  it('replaces captions with fewer ones', async () => {
    await upsertItems(catalogue, 'fewer', [{ id: 'a', title: 'a', captions: ['1', '2', '3'] }]);
    await upsertItems(catalogue, 'fewer', [{ id: 'a', title: 'a', captions: ['3'] }]);
    expect((await getItem(catalogue, 'fewer', 'a'))!.captions).toMatchObject([{ text: '3' }]);
    expect(await countItems(catalogue, 'fewer')).toMatchObject({ items: 1, captions: 1 });
  });

  it('keeps ids apart that differ in case, accents or width', async () => {
    const ids = ['E', 'e', 'É', 'é', 'e\u0301', 'ss', 'ß', 'ｅ', '🎂', '🎃'];
    const items = ids.map((id) => ({ id, title: id }));
    expect(await upsertItems(catalogue, 'ids', items)).toEqual(ids.map(() => 'created'));
    const sorted = [...ids].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(await allIds('ids')).toEqual(sorted);
    expect(await deleteItems(catalogue, 'ids', ['é', 'E'])).toEqual(['deleted', 'deleted']);
    expect(await allIds('ids')).toEqual(sorted.filter((id) => id !== 'é' && id !== 'E'));
  });

  it('filters pages', async () => {
    time = 50;
    await upsertItems(catalogue, 'filter', [
      { id: 'a/1', title: '', set: 's', label: 'l', imageHash: 'i', captions: ['c'] },
      { id: 'a/2', title: '', set: 's', label: 'm' },
      { id: 'a%3', title: '', set: 'S', captions: ['c', 'd'] },
    ]);
    time = 60;
    await upsertItems(catalogue, 'filter', [{ id: 'b', title: '', set: 's', imageHash: 'i' }]);
    for (const [filter, ids] of [
      [{ set: 's' }, ['a/1', 'a/2', 'b']],
      [{ set: 's', label: 'm' }, ['a/2']],
      [{ hasImage: true }, ['a/1', 'b']],
      [{ hasImage: false }, ['a%3', 'a/2']],
      [{ hasCaptions: true }, ['a%3', 'a/1']],
      [{ hasCaptions: false, set: 's' }, ['a/2', 'b']],
      [{ updatedSince: 60 }, ['b']],
      [{ idPrefix: 'a/' }, ['a/1', 'a/2']],
      [{ idPrefix: 'a%' }, ['a%3']],
      [{ idPrefix: 'c' }, []],
    ] as const) {
      expect(await allIds('filter', filter, 1), JSON.stringify(filter)).toEqual(ids);
    }
  });

  it('pages through 20,000 items, each once', { timeout: 120_000 }, async () => {
    const id = (i: number) => `item-${String(i).padStart(5, '0')}`;
    const rows = Array.from({ length: 20_000 }, (_, i) => itemRow('large', id(i)));
    await catalogue.atomically(insertRows(catalogue, 'items', rows));
    expect(await allIds('large', {}, 500)).toEqual(rows.map((row) => row.id));
    const some = [19_999, 7, 7, 12_345].map(id);
    expect((await getItems(catalogue, 'large', some)).map((item) => item.id)).toEqual(
      [7, 12_345, 19_999].map(id),
    );
    const deleted = await deleteItems(
      catalogue,
      'large',
      rows.slice(100, 2600).map((r) => r.id),
    );
    expect(deleted.every((outcome) => outcome === 'deleted')).toBe(true);
    expect(await countItems(catalogue, 'large')).toMatchObject({ items: 17_500, deleted: 2500 });
  });

  it('shows every item that was there all the while, however many come between', async () => {
    const even = Array.from({ length: 40 }, (_, i) => `i${String(2 * i).padStart(2, '0')}`);
    await upsertItems(
      catalogue,
      'moving',
      even.map((id) => ({ id, title: '' })),
    );
    const seen: string[] = [];
    for (let after: string | undefined, i = 1; ; i += 2) {
      const title = `${i}`;
      const insert = upsertItems(catalogue, 'moving', [
        { id: `i${title.padStart(2, '0')}`, title },
      ]);
      const list = listItems(catalogue, { collection: 'moving', after, limit: 4 });
      const [page] = await Promise.all([list, insert]);
      seen.push(...page.items.map(({ id }) => id));
      if (!page.next) break;
      after = page.next;
    }
    expect(seen).toEqual([...new Set(seen)].sort());
    expect(seen).toEqual(expect.arrayContaining(even));
  });

  it('keeps one whole item where several write it at once', async () => {
    const versions = Array.from({ length: 8 }, (_, i) => ({
      id: 'a',
      title: `${i}`,
      captions: Array.from({ length: 1 + (i % 4) }, (_, c) => `${i}:${c}`),
    }));
    await Promise.all(
      versions.map((item) =>
        upsertItems(catalogue, 'race', [item, { id: `${item.title}b`, title: '' }]),
      ),
    );
    const stored = (await getItem(catalogue, 'race', 'a'))!;
    const winner = versions[Number(stored.title)];
    expect(stored.captions.map(({ text }) => text)).toEqual(winner.captions);
    expect(await countItems(catalogue, 'race')).toMatchObject({ items: 9 });
  });

  it('tells of deleted items in pages, each once', async () => {
    const ids = Array.from({ length: 10 }, (_, i) => `i${i}`);
    const items = ids.map((id) => ({ id, title: id }));
    await upsertItems(catalogue, 'delete-pages', items);
    const order = [7, 8, 9, 0, 1, 2, 3].map((i) => `i${i}`);
    for (const some of [order.slice(0, 3), order.slice(3)]) {
      time += 10;
      await deleteItems(catalogue, 'delete-pages', some);
    }
    const found: DeletedItem[] = [];
    for (let page: DeletedItem[] | undefined; page?.length !== 0; found.push(...page)) {
      page = await listDeleted(catalogue, 'delete-pages', { after: found.at(-1), limit: 2 });
    }
    expect(found.map(({ id }) => id)).toEqual(order);
  });

  it('hides deleted items, tells of them, and takes them away when it is asked to', async () => {
    const items = ['a', 'b', 'c'].map((id) => ({ id, title: id, imageHash: id, captions: [id] }));
    await upsertItems(catalogue, 'delete', items);
    time = 100;
    const ids = ['a', 'x', 'b', 'a'];
    const outcomes = ['deleted', 'absent', 'deleted', 'absent'];
    expect(await deleteItems(catalogue, 'delete', ids)).toEqual(outcomes);
    expect(await deleteItems(catalogue, 'delete', ['a'])).toEqual(['absent']);
    expect(await getItem(catalogue, 'delete', 'a')).toBeUndefined();
    expect(await allIds('delete')).toEqual(['c']);
    const page = { collection: 'delete', limit: 9, includeDeleted: true };
    expect((await listItems(catalogue, page)).items).toHaveLength(3);
    expect(await listDeleted(catalogue, 'delete', { limit: 9 })).toEqual([
      { id: 'a', imageHash: 'a', deletedAt: 100 },
      { id: 'b', imageHash: 'b', deletedAt: 100 },
    ]);
    time = 200;
    expect(await upsertItems(catalogue, 'delete', [items[1]])).toEqual(['created']);
    expect((await purgeDeleted(catalogue, 'delete', { before: 100 })).ids).toEqual([]);
    const purged = await purgeDeleted(catalogue, 'delete', { before: 101 });
    expect(purged.ids).toEqual(['a']);
    expect(purged.imageHashes).toEqual(['a']);
    expect(purged.textHashes).toHaveLength(1);
    expect(await listDeleted(catalogue, 'delete', { limit: 9 })).toEqual([]);
    expect((await getItem(catalogue, 'delete', 'b'))!.captions).toMatchObject([{ text: 'b' }]);
    expect(await countItems(catalogue, 'delete')).toEqual({
      items: 2,
      withImage: 2,
      captions: 2,
      deleted: 0,
    });
  });

  it('makes a removed collection again without its old items', async () => {
    expect(await createCollection(catalogue, 'pictures')).toBe('created');
    expect(await createCollection(catalogue, 'pictures')).toBe('exists');
    expect(await createCollection(catalogue, 'Pictures')).toBe('created');
    expect((await listCollections(catalogue)).map(({ name }) => name)).toEqual([
      'Pictures',
      'pictures',
    ]);
    await upsertItems(catalogue, 'pictures', [{ id: 'a', title: 'a' }]);
    expect(await removeCollection(catalogue, 'pictures')).toBe(true);
    expect(await removeCollection(catalogue, 'pictures')).toBe(false);
    expect(await getCollection(catalogue, 'pictures')).toBeUndefined();
    expect(await createCollection(catalogue, 'pictures')).toBe('created');
    expect(await countItems(catalogue, 'pictures')).toMatchObject({ items: 0, deleted: 1 });
  });

  it('is created once, where several create it', async () => {
    const tries = Array.from({ length: 6 }, () => createCollection(catalogue, 'wanted'));
    expect((await Promise.all(tries)).sort()).toEqual(['created', ...Array(5).fill('exists')]);
  });
});

function itemRow(collection: string, id: string): ItemRow {
  return {
    collection,
    id,
    title: `title of ${id}`,
    setName: null,
    label: null,
    imageHash: null,
    width: null,
    height: null,
    contentHash: id,
    captionCount: 0,
    tags: '[]',
    metadata: null,
    createdAt: 1,
    updatedAt: 1,
    deletedAt: null,
  };
}
