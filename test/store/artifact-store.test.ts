import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderStore } from '../../gpu-embedder/store/folder-store.ts';
import { localR2Store } from '../../gpu-embedder/store/local-r2-store.ts';

const fresh = () => mkdtempSync(join(tmpdir(), 'diptych-store-'));
const bytes = (...values: number[]) => Uint8Array.from(values);

describe.each([
  ['folder', async (dir: string) => folderStore(dir)],
  ['local R2', localR2Store],
])('%s store', (_name, open) => {
  test('gives back what was put, lists by prefix and deletes', async () => {
    const store = await open(fresh());
    try {
      expect(await store.get('a/b')).toBeNull();
      expect(await store.head('a/b')).toBeNull();
      await store.put('a/b', bytes(1, 2, 3));
      await store.put('a/c', Buffer.from([4]));
      await store.put('d', bytes());
      await store.put('a/b', bytes(9, 8));
      expect([...(await store.get('a/b'))!]).toEqual([9, 8]);
      expect(await store.head('a/b')).toEqual({ size: 2 });
      expect(await store.list('a/')).toEqual(['a/b', 'a/c']);
      await store.delete('a/b');
      expect(await store.list('')).toEqual(['a/c', 'd']);
    } finally {
      await store.close();
    }
  });

  test('keeps objects for the next one that opens it', async () => {
    const dir = fresh();
    const first = await open(dir);
    await first.put('kept', bytes(7));
    await first.close();
    const second = await open(dir);
    expect([...(await second.get('kept'))!]).toEqual([7]);
    await second.close();
  });
});

test('a key cannot leave the folder', async () => {
  await expect(folderStore(fresh()).put('../out', bytes(1))).rejects.toThrow(/leaves the store/);
});
