import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ObjectStore } from '../../../src/objects/object-store.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);
const text = (value: string) => new TextEncoder().encode(value);
const numberOf = (value: Uint8Array | null) => Number(new TextDecoder().decode(value!));

/** Objects in a local R2: more than a page of 1,000, few enough to write them in seconds. */
export const r2Keys = 1100;

/**
 * Test what every store promises.
 *
 * @param open - opens a store that has an object of one byte under each given key
 * @param count - number of these objects
 */
export function describeStore(
  name: string,
  open: (keys: readonly string[]) => Promise<ObjectStore>,
  count = 3000,
): void {
  const manyKeys = Array.from({ length: count }, (_, i) => `many/${i % 7}/${10_000 + i}`);
  describe(`${name} store`, () => {
    let store: ObjectStore;
    beforeAll(async () => {
      store = await open(manyKeys);
    }, 120_000);
    afterAll(() => store.close());
    const keys = async (prefix: string) => (await store.list(prefix)).map(({ key }) => key);

    test('gives back what was put, lists by prefix and deletes', async () => {
      expect(await store.get('a/b/c')).toBeNull();
      expect(await store.head('a/b/c')).toBeNull();
      await store.put('a/b/c', bytes(1, 2, 3));
      await store.put('a/b/d é+%?#', Buffer.from([4]));
      await store.put('a/e', bytes());
      await store.put('a/b/c', bytes(9, 8));
      expect([...(await store.get('a/b/c'))!]).toEqual([9, 8]);
      expect([...(await store.get('a/b/d é+%?#'))!]).toEqual([4]);
      expect([...(await store.get('a/e'))!]).toEqual([]);
      expect(await store.head('a/b/c')).toMatchObject({ size: 2 });
      expect(await store.head('a/e')).toMatchObject({ size: 0 });
      expect(await keys('a/b/')).toEqual(['a/b/c', 'a/b/d é+%?#']);
      const [entry] = await store.list('a/b/c');
      expect(entry).toMatchObject({ size: 2, uploaded: expect.any(Date) });
      await store.delete('a/b/c');
      await store.delete('a/b/c');
      expect(await keys('a/')).toEqual(['a/b/d é+%?#', 'a/e']);
    });

    test('reads ranges, and refuses one that the object does not have', async () => {
      await store.put('range', bytes(0, 1, 2, 3, 4));
      const range = (offset: number, length: number) =>
        store.get('range', { range: { offset, length } });
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
      expect(await store.get('none', { range: { offset: 0, length: 1 } })).toBeNull();
    });

    test('writes only if the condition holds', async () => {
      const key = 'conditional';
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
    });

    test('of several writers with the same condition exactly one wins', async () => {
      const writers = Array.from({ length: 8 }, (_, i) => i);
      const created = await Promise.all(
        writers.map((i) => store.put('race', bytes(i), { ifNone: true })),
      );
      const winner = created.findIndex((written) => written !== null);
      expect(created.filter((written) => written !== null)).toHaveLength(1);
      expect([...(await store.get('race'))!]).toEqual([winner]);
      const ifEtag = created[winner]!.etag;
      const changed = await Promise.all(
        writers.map((i) => store.put('race', bytes(100 + i), { ifEtag })),
      );
      expect(changed.filter((written) => written !== null)).toHaveLength(1);
      const last = changed.findIndex((written) => written !== null);
      expect([...(await store.get('race'))!]).toEqual([100 + last]);
    });

    test('loses no increment of a counter that several writers change', async () => {
      await store.put('counter', text('0'));
      const writer = async () => {
        for (let done = 0; done < 4;) {
          const ifEtag = (await store.head('counter'))!.etag;
          const next = numberOf(await store.get('counter')) + 1;
          if (await store.put('counter', text(String(next)), { ifEtag })) done += 1;
        }
      };
      await Promise.all([writer(), writer(), writer()]);
      expect(numberOf(await store.get('counter'))).toBe(12);
    });

    test('lists more than a page of R2 holds', async () => {
      expect(await keys('many/')).toEqual([...manyKeys].sort());
      expect(await keys('many/3/')).toHaveLength(Math.ceil((count - 3) / 7));
    });

    test.each(['', '/a', 'a//b', 'a/', '../out', 'a/../../out', 'a/./b', 'a\\b', 'a\u0000'])(
      'refuses the key %j',
      async (key) => {
        const refusal = { code: 'bad_request' };
        await expect(store.put(key, bytes(1))).rejects.toMatchObject(refusal);
        await expect(store.get(key)).rejects.toMatchObject(refusal);
        await expect(store.head(key)).rejects.toMatchObject(refusal);
        await expect(store.delete(key)).rejects.toMatchObject(refusal);
      },
    );
  });
}
