import { beforeAll, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/catalogue/catalogue.ts';
import { getItem, listItems } from '../../src/items/items.ts';
import { ingestItems } from '../../src/items/ingest/ingest-items.ts';
import { testDatabases } from '../support/catalogues.ts';
import { useDatabases } from '../support/use-databases.ts';
import { memoryStore } from '../support/memory-store.ts';

describe.each(testDatabases)('limits of an item (%s)', (_, start) => {
  const databases = useDatabases(start);
  let catalogue: Catalogue;
  beforeAll(async () => {
    catalogue = await databases.open();
  });

  const ingest = (collection: string, items: readonly object[]) => {
    const fetchImage = () => Promise.reject(new Error('no network'));
    return ingestItems({ catalogue, objects: memoryStore(), fetchImage }, collection, items);
  };

  it.each(['', '.', '..', 'a/../b', ' a', 'a ', 'a\u0000b', 'a\nb', 'x'.repeat(256), '\ud800'])(
    'refuses the id %j and writes the rest of its batch',
    async (id) => {
      const results = await ingest('ids', [{ id: 'good' }, { id }]);
      expect(results[0]).toMatchObject({ id: 'good', status: expect.stringMatching(/ed$/) });
      expect(results[1]).toMatchObject({ id, status: 'failed', error: { code: 'bad_request' } });
      const { items } = await listItems(catalogue, { collection: 'ids', limit: 9 });
      expect(items).toMatchObject([{ id: 'good' }]);
    },
  );

  it('refuses what the columns do not hold, and says what it is', async () => {
    const refused = {
      title: 'x'.repeat(10_001),
      set: 'x'.repeat(256),
      label: 'x'.repeat(256),
      captions: ['x'.repeat(10_001)],
      tags: ['x'.repeat(256)],
      metadata: { a: 'x'.repeat(100_000) },
    };
    const lists = { captions: Array<string>(151).fill('c'), tags: Array<string>(1001).fill('t') };
    for (const [field, value] of [...Object.entries(refused), ...Object.entries(lists)]) {
      const [result] = await ingest('refused', [{ id: 'a', [field]: value }]);
      expect(result).toMatchObject({
        id: 'a',
        status: 'failed',
        error: { code: 'bad_request', message: expect.stringMatching(`^${field}[.:]`) },
      });
    }
    const { items } = await listItems(catalogue, { collection: 'refused', limit: 9 });
    expect(items).toEqual([]);
  });

  it('takes the longest of everything', async () => {
    const longest = {
      id: '🎂'.repeat(255),
      title: '日'.repeat(10_000),
      set: '日'.repeat(255),
      label: '日'.repeat(255),
      captions: Array.from({ length: 150 }, (_, i) => `${i}`.padEnd(i < 3 ? 10_000 : 3, '日')),
      tags: Array.from({ length: 1000 }, (_, i) => `${i}`.padEnd(i < 3 ? 255 : 4, '日')),
      metadata: { text: '日'.repeat(99_980) },
    };
    expect(await ingest('longest', [longest])).toEqual([{ id: longest.id, status: 'created' }]);
    const stored = (await getItem(catalogue, 'longest', longest.id))!;
    const captions = stored.captions.map(({ text }) => text);
    expect({ ...stored, captions }).toMatchObject(longest);
  });
});
