import { describe, expect, test } from 'vitest';
import type { ObjectStore } from '../../src/objects/object-store.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);
const text = (value: string) => new TextEncoder().encode(value);
const numberOf = (value: Uint8Array | null) => Number(new TextDecoder().decode(value!));

/**
 * What every store promises.
 *
 * @param open - gives a store, in which keys below a prefix of its own are used
 */
export function describeStore(name: string, open: () => Promise<ObjectStore>, prefix = ''): void {
  const withStore = (work: (store: ObjectStore) => Promise<void>) => async () => {
    const store = await open();
    try {
      await work(store);
    } finally {
      await store.close();
    }
  };
  const at = (key: string) => prefix + key;
  const keys = async (store: ObjectStore, below: string) =>
    (await store.list(at(below))).map(({ key }) => key.slice(prefix.length));

  describe(`${name} store`, () => {
    test(
      'gives back what was put, lists by prefix and deletes',
      withStore(async (store) => {
        expect(await store.get(at('a/b'))).toBeNull();
        expect(await store.head(at('a/b'))).toBeNull();
        await store.put(at('a/b'), bytes(1, 2, 3));
        await store.put(at('a/c é+%'), Buffer.from([4]));
        await store.put(at('d'), bytes());
        await store.put(at('a/b'), bytes(9, 8));
        expect([...(await store.get(at('a/b')))!]).toEqual([9, 8]);
        expect([...(await store.get(at('a/c é+%')))!]).toEqual([4]);
        expect([...(await store.get(at('d')))!]).toEqual([]);
        expect(await store.head(at('a/b'))).toMatchObject({ size: 2 });
        expect(await keys(store, 'a/')).toEqual(['a/b', 'a/c é+%']);
        const [entry] = await store.list(at('a/b'));
        expect(entry).toMatchObject({ size: 2, uploaded: expect.any(Date) });
        await store.delete(at('a/b'));
        await store.delete(at('a/b'));
        expect(await keys(store, '')).toEqual(['a/c é+%', 'd']);
      }),
    );

    test(
      'reads ranges, and refuses one that the object does not have',
      withStore(async (store) => {
        await store.put(at('range'), bytes(0, 1, 2, 3, 4));
        const range = (offset: number, length: number) =>
          store.get(at('range'), { range: { offset, length } });
        expect([...(await range(1, 3))!]).toEqual([1, 2, 3]);
        expect([...(await range(0, 5))!]).toEqual([0, 1, 2, 3, 4]);
        expect([...(await range(4, 1))!]).toEqual([4]);
        for (const [offset, length] of [
          [3, 3],
          [5, 1],
          [9, 1],
          [0, 0],
        ]) {
          await expect(range(offset, length)).rejects.toMatchObject({
            code: 'range_not_satisfiable',
          });
        }
        expect(await store.get(at('none'), { range: { offset: 0, length: 1 } })).toBeNull();
      }),
    );

    test(
      'writes on a condition, or not at all',
      withStore(async (store) => {
        const key = at('conditional');
        expect(await store.put(key, bytes(1), { ifEtag: 'etag-of-nothing' })).toBeNull();
        const first = await store.put(key, bytes(1), { ifNone: true });
        expect(first).toEqual({ etag: (await store.head(key))!.etag });
        expect(await store.put(key, bytes(2), { ifNone: true })).toBeNull();
        const second = await store.put(key, bytes(3), { ifEtag: first!.etag });
        expect(second!.etag).not.toBe(first!.etag);
        expect(await store.put(key, bytes(4), { ifEtag: first!.etag })).toBeNull();
        expect([...(await store.get(key))!]).toEqual([3]);
        await store.delete(key);
        expect(await store.put(key, bytes(5), { ifEtag: second!.etag })).toBeNull();
        expect(await store.head(key)).toBeNull();
      }),
    );

    test(
      'of several writers on a condition exactly one wins',
      withStore(async (store) => {
        const writers = Array.from({ length: 8 }, (_, i) => bytes(i));
        const created = await Promise.all(
          writers.map((own) => store.put(at('race'), own, { ifNone: true })),
        );
        const winner = created.findIndex((written) => written !== null);
        expect(created.filter((written) => written !== null)).toHaveLength(1);
        expect([...(await store.get(at('race')))!]).toEqual([winner]);
        const ifEtag = created[winner]!.etag;
        const changed = await Promise.all(
          writers.map((_, i) => store.put(at('race'), bytes(100 + i), { ifEtag })),
        );
        expect(changed.filter((written) => written !== null)).toHaveLength(1);
        const last = changed.findIndex((written) => written !== null);
        expect([...(await store.get(at('race')))!]).toEqual([100 + last]);
      }),
    );

    test(
      'loses no increment of a counter that several writers change',
      withStore(async (store) => {
        const key = at('counter');
        await store.put(key, text('0'));
        const writer = async () => {
          for (let done = 0; done < 5; ) {
            const ifEtag = (await store.head(key))!.etag;
            const next = numberOf(await store.get(key)) + 1;
            if (await store.put(key, text(String(next)), { ifEtag })) done += 1;
          }
        };
        await Promise.all(Array.from({ length: 4 }, writer));
        expect(numberOf(await store.get(key))).toBe(20);
      }),
    );

    test(
      'lists more than a page of R2 holds',
      withStore(async (store) => {
        const expected = Array.from({ length: 3000 }, (_, i) => `many/${i % 7}/${10_000 + i}`);
        for (let first = 0; first < expected.length; first += 100) {
          const slice = expected.slice(first, first + 100);
          await Promise.all(slice.map((key) => store.put(at(key), bytes(1))));
        }
        expect(await keys(store, 'many/')).toEqual([...expected].sort());
        expect(await keys(store, 'many/3/')).toHaveLength(429);
      }),
    );

    test.each(['', '/a', 'a//b', 'a/', '../out', 'a/../../out', 'a/./b', 'a\\b', 'a\u0000'])(
      'refuses the key %j',
      async (key) => {
        const store = await open();
        try {
          const refusal = { code: 'bad_request' };
          await expect((async () => store.put(key, bytes(1)))()).rejects.toMatchObject(refusal);
          await expect((async () => store.get(key))()).rejects.toMatchObject(refusal);
          await expect((async () => store.delete(key))()).rejects.toMatchObject(refusal);
        } finally {
          await store.close();
        }
      },
    );
  });
}
