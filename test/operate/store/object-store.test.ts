import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { folderStore } from '../../../gpu-embedder/operate/store/folder-store.ts';
import { localR2Store } from '../../../gpu-embedder/operate/store/local-r2-store.ts';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import { memoryStore } from '../../support/memory-store.ts';
import { fillLocalR2 } from './fill-local-r2.ts';
import { describeStore, r2Keys } from './store-suite.ts';

const fresh = () => mkdtempSync(join(tmpdir(), 'diptych-store-'));

describeStore('folder', (keys) => filled(folderStore(fresh()), keys));
describeStore('memory', (keys) => filled(memoryStore(), keys));
describeStore(
  'local R2',
  async (keys) => {
    const dir = fresh();
    await fillLocalR2(dir, keys);
    return localR2Store(dir);
  },
  r2Keys,
);

async function filled(store: ObjectStore, keys: readonly string[]): Promise<ObjectStore> {
  await Promise.all(keys.map((key) => store.put(key, Uint8Array.of(0))));
  return store;
}

test.each([
  ['folder', async (dir: string) => folderStore(dir)],
  ['local R2', localR2Store],
])('a %s store keeps objects for the next one that opens it', async (_name, open) => {
  const dir = fresh();
  const first = await open(dir);
  await first.put('kept', Uint8Array.of(7));
  await first.close();
  const second = await open(dir);
  expect([...(await second.get('kept'))!]).toEqual([7]);
  await second.close();
});

test('processes that write to one folder lose no change of each other', async () => {
  const dir = fresh();
  const store = folderStore(dir);
  await store.put('counter', Buffer.from('0'));
  const count = () =>
    promisify(execFile)(process.execPath, [
      '--import',
      'tsx',
      'test/operate/store/count-up.ts',
      dir,
      '20',
    ]);
  await Promise.all([count(), count(), count()]);
  expect(Number(Buffer.from((await store.get('counter'))!))).toBe(60);
  expect(readdirSync(dir)).toEqual(['counter']);
});

test('the lock of a killed process stops nobody', async () => {
  const dir = fresh();
  const store = folderStore(dir);
  const { etag } = (await store.put('a', Uint8Array.of(1)))!;
  // This is above the largest process id of Linux.
  const holder = { command: 'test', pid: 2 ** 22 + 1, host: hostname(), since: new Date() };
  writeFileSync(join(dir, 'a.lock'), JSON.stringify(holder));
  expect(await store.put('a', Uint8Array.of(2), { ifEtag: etag })).not.toBeNull();
  expect(readdirSync(dir)).toEqual(['a']);
});

test('a half-written file of a killed process is not an object', async () => {
  const dir = fresh();
  writeFileSync(join(dir, 'a.0c3f.partial'), 'half');
  expect(await folderStore(dir).list('')).toEqual([]);
});
