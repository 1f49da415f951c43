import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/catalogue/catalogue.ts';
import { createCollection, listCollections } from '../../src/catalogue/collections.ts';
import { DuplicateKeyError } from '../../src/catalogue/failures.ts';
import { insertRows } from '../../src/catalogue/insert-rows.ts';
import { countItems, getItem, getItems } from '../../src/items/items.ts';
import { openD1, type D1Statement } from '../../src/catalogue/drivers/open-d1.ts';
import { openPlanetScale } from '../../src/catalogue/drivers/open-planetscale.ts';
import { upsertItems } from '../../src/items/upsert-items.ts';
import { startPlanetScale, testDatabases, type MariadbDatabases } from '../support/catalogues.ts';
import { useDatabases } from '../support/use-databases.ts';
import { findMariadbd } from '../support/mariadb.ts';

const unavailable = { code: 'catalogue_unavailable' };
const collection = (name: string) => ({ name, createdAt: 1, deletedAt: null });

describe.each(testDatabases)('atomically (%s)', (_, start) => {
  const databases = useDatabases(start);
  let catalogue: Catalogue;
  beforeAll(async () => {
    catalogue = await databases.open();
  });

  it('runs all statements or none', async () => {
    const insert = (name: string) => insertRows(catalogue, 'collections', [collection(name)]);
    const rename = catalogue.db.updateTable('collections').set({ createdAt: 2 });
    expect(await catalogue.atomically([...insert('a'), ...insert('b'), rename])).toEqual([1, 1, 2]);
    const twice = catalogue.atomically([...insert('c'), ...insert('a'), ...insert('d')]);
    await expect(twice).rejects.toThrow(DuplicateKeyError);
    const wrong = sql`insert into nowhere values (1)`;
    const broken = { compile: () => wrong.compile(catalogue.db) };
    await expect(catalogue.atomically([...insert('c'), broken])).rejects.toMatchObject(unavailable);
    expect((await listCollections(catalogue)).map(({ name }) => name)).toEqual(['a', 'b']);
    expect(await catalogue.atomically([])).toEqual([]);
  });

  it('says what the database said, and not which values it was given', async () => {
    const query = sql`select * from nowhere where a = ${'secret'}`.execute(catalogue.db);
    const error = (await query.catch((cause: unknown) => cause)) as Error;
    expect(error).toMatchObject(unavailable);
    expect(error.message).toMatch(/nowhere/);
    expect(error.message).not.toContain('secret');
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('refuses to hold a transaction open', async () => {
    const held = catalogue.db.transaction().execute(async () => {});
    await expect(held).rejects.toThrow(/atomically/);
  });
});

it('is unavailable, and says why, where D1 refuses', async () => {
  const refuse = () => Promise.reject(new Error('D1_ERROR: D1 DB is overloaded'));
  const statement: D1Statement = { bind: () => statement, all: refuse };
  const catalogue = openD1({ prepare: () => statement, batch: refuse });
  const expected = { ...unavailable, message: expect.stringContaining('overloaded') as string };
  await expect(listCollections(catalogue)).rejects.toMatchObject(expected);
  await expect(createCollection(catalogue, 'a')).rejects.toMatchObject(expected);
});

const mariadbd = findMariadbd();

describe.runIf(mariadbd)('a database that fails', () => {
  let databases: MariadbDatabases;
  let catalogue: Catalogue;
  beforeAll(async () => {
    databases = await startPlanetScale(mariadbd!);
    catalogue = await databases.open();
  });
  afterAll(() => databases.stop());

  const items = (n: number, title = '') =>
    Array.from({ length: n }, (_, i) => ({ id: `i${i}`, title, captions: ['x'] }));

  it.each(['BEGIN', 'insert into `items`', 'insert into `captions`', 'COMMIT'])(
    'keeps nothing of a batch whose %s is refused',
    async (statement) => {
      for (const fault of ['error', 'broken'] as const) {
        databases.gateway.fault = (query) => (query.startsWith(statement) ? fault : undefined);
        const work = upsertItems(catalogue, 'refused', items(5));
        await expect(work).rejects.toMatchObject(unavailable);
        databases.gateway.fault = () => undefined;
        expect(await countItems(catalogue, 'refused')).toMatchObject({ items: 0, captions: 0 });
      }
      expect(await upsertItems(catalogue, 'refused', items(1))).toEqual(['created']);
      await catalogue.db.deleteFrom('items').where('collection', '=', 'refused').execute();
    },
  );

  it('may have kept a batch whose COMMIT was not answered: the same again finds out', async () => {
    databases.gateway.fault = (query) => (query === 'COMMIT' ? 'unanswered' : undefined);
    const work = upsertItems(catalogue, 'unanswered', items(3));
    await expect(work).rejects.toMatchObject(unavailable);
    databases.gateway.fault = () => undefined;
    expect(await upsertItems(catalogue, 'unanswered', items(3))).toEqual(
      Array(3).fill('unchanged'),
    );
  });

  it('is asked again where it undid a transaction to end a deadlock, but not for ever', async () => {
    let refusals = 3;
    databases.gateway.fault = (query) =>
      query.startsWith('insert into `captions`') && refusals-- > 0 ? 'deadlock' : undefined;
    expect(await upsertItems(catalogue, 'deadlock', items(2))).toEqual(['created', 'created']);
    refusals = Infinity;
    const work = upsertItems(catalogue, 'deadlock', items(2, 'again'));
    await expect(work).rejects.toMatchObject(unavailable);
    databases.gateway.fault = () => undefined;
    expect((await getItem(catalogue, 'deadlock', 'i0'))!.title).toBe('');
  });

  it('keeps one of several batches that meet, whole', async () => {
    const meeting = ['a', 'b', 'c', 'd', 'e', 'f'].map((title) =>
      upsertItems(catalogue, 'meeting', items(40, title)),
    );
    expect((await Promise.all(meeting)).flat()).toHaveLength(240);
    const stored = await getItems(
      catalogue,
      'meeting',
      items(40).map(({ id }) => id),
    );
    expect(new Set(stored.map(({ title }) => title)).size).toBe(1);
    expect(stored).toHaveLength(40);
  });

  it('is given up after a while', async () => {
    const { url } = databases.gateway;
    const slow = openPlanetScale({ url, timeoutMs: 50 });
    await expect(sql`select sleep(5)`.execute(slow.db)).rejects.toMatchObject(unavailable);
  });

  it('is unavailable to the wrong password, and when it is gone', async () => {
    const wrong = openPlanetScale({ url: databases.gateway.url.replace('secret', 'guess') });
    await expect(listCollections(wrong)).rejects.toMatchObject(unavailable);
    const other = await databases.open();
    expect(await createCollection(other, 'a')).toBe('created');
    await databases.gateway.stop();
    await expect(listCollections(other)).rejects.toMatchObject(unavailable);
    await expect(createCollection(other, 'b')).rejects.toMatchObject(unavailable);
  });

  it.each(['', 'localhost', 'postgres://user:secret@host/db'])('refuses the URL %j', (url) => {
    expect(() => openPlanetScale({ url })).toThrow(/^DATABASE_URL: expected mysql/);
    expect(() => openPlanetScale({ url })).not.toThrow(/secret/);
  });
});
