import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { publishVersion } from '../../../gpu-embedder/operate/publish/publish-version.ts';
import {
  readVersion,
  type VersionFolder,
} from '../../../gpu-embedder/operate/publish/read-version.ts';
import { removeVersion } from '../../../gpu-embedder/operate/publish/remove-version.ts';
import { rollBack } from '../../../gpu-embedder/operate/publish/roll-back.ts';
import { verifyVersion } from '../../../gpu-embedder/operate/publish/verify-version.ts';
import { activeKey, modelKey, versionKey } from '../../../src/version/keys.ts';
import { DiptychError } from '../../../src/errors.ts';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import { writeTinyVersion, type TinyVersion } from '../../setup/tiny-version.ts';
import { memoryStore } from '../../support/memory-store.ts';
import { collection, pointerOf } from './stored-versions.ts';

let root: string;
let tiny: TinyVersion;
/** Folders of three versions, and the versions in them. */
let dirs: string[];
let versions: VersionFolder[];
const idOf = (i: number) => versions[i].manifest.version;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'diptych-publish-'));
  tiny = await writeTinyVersion(root, collection);
  dirs = [tiny.index, await tiny.again(8), await tiny.again(8, 2)];
  versions = await Promise.all(dirs.map(readVersion));
}, 120_000);

afterAll(() => rm(root, { recursive: true, force: true }));

const publish = (store: ObjectStore, i: number, options = {}) =>
  publishVersion(store, dirs[i], tiny.model, undefined, undefined, options);

test('the pointer names the active version, the earlier ones and the times of their end', async () => {
  const store = memoryStore();
  expect(await publish(store, 0)).toMatchObject({ version: idOf(0), published: true });
  expect(await pointerOf(store)).toMatchObject({ version: idOf(0), previous: null, retired: [] });
  expect(await publish(store, 0)).toMatchObject({ published: false, objects: 0, bytes: 0 });
  await publish(store, 1);
  const pointer = await pointerOf(store);
  expect(pointer).toMatchObject({
    version: idOf(1),
    previous: idOf(0),
    retired: [{ version: idOf(0), until: pointer!.publishedAt }],
  });
  expect(await rollBack(store, collection)).toMatchObject({ version: idOf(0), from: idOf(1) });
  expect(await pointerOf(store)).toMatchObject({
    version: idOf(0),
    previous: idOf(1),
    retired: [{ version: idOf(1) }],
  });
});

test('a version without items is refused before anything is uploaded', async () => {
  const store = memoryStore();
  const empty = join(root, 'empty');
  await cp(dirs[0], empty, { recursive: true });
  const file = join(empty, 'manifest.json');
  const manifest = JSON.parse(await readFile(file, 'utf8')) as object;
  await writeFile(file, JSON.stringify({ ...manifest, counts: { items: 0, captions: 0 } }));
  const publishing = publishVersion(store, empty, tiny.model);
  await expect(publishing).rejects.toMatchObject({ code: 'nothing_to_publish' });
  expect((await store.list('')).length).toBe(0);
});

test('of two publishers that began with the same pointer one wins, and the other reads which', async () => {
  const store = memoryStore();
  await publish(store, 0);
  for (let round = 0, active = 0; round < 20; round++) {
    const rivals = [0, 1, 2].filter((i) => i !== active);
    const together = afterBothRead(store);
    const results = await Promise.allSettled(rivals.map((i) => publish(together, i)));
    const [winner] = rivals.filter((_, i) => results[i].status === 'fulfilled');
    const [loser] = results.filter((result) => result.status === 'rejected');
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(loser.reason).toMatchObject({
      code: 'publish_conflict',
      message: expect.stringContaining(`another publisher made ${idOf(winner)} active`),
      details: { winner: idOf(winner) },
    });
    expect(await pointerOf(store)).toMatchObject({ version: idOf(winner), previous: idOf(active) });
    active = winner;
  }
});

/** A store whose first two readers of the pointer wait for each other. */
function afterBothRead(store: ObjectStore): ObjectStore {
  let readers = 0;
  let release: () => void;
  const both = new Promise<void>((resolve) => (release = resolve));
  return {
    ...store,
    async head(key) {
      const found = await store.head(key);
      if (key !== activeKey(collection)) return found;
      readers += 1;
      if (readers === 2) release();
      await both;
      return found;
    },
  };
}

test('two publishers of the same version both succeed', async () => {
  const store = memoryStore();
  const together = afterBothRead(store);
  const results = await Promise.all([publish(together, 1), publish(together, 1)]);
  expect(results.map(({ published }) => published).sort()).toEqual([false, true]);
  await verifyVersion(store, collection, idOf(1));
});

test('a publication that breaks off anywhere does not become active, and the next one finishes it', async () => {
  const whole = memoryStore();
  await publish(whole, 2);
  const writes = whole.objects.size;
  for (let broken = 0; broken < writes; broken++) {
    const store = memoryStore();
    let left = broken;
    const breaking: ObjectStore = {
      ...store,
      put: async (key, bytes, condition) => {
        if (left-- === 0) throw new DiptychError('store_failed', 'the network went away');
        return store.put(key, bytes, condition);
      },
    };
    await expect(publish(breaking, 2)).rejects.toMatchObject({ code: 'store_failed' });
    expect(await pointerOf(store)).toBeNull();
    const { objects, published } = await publish(store, 2);
    expect(published).toBe(true);
    expect([...store.objects.keys()].sort()).toEqual([...whole.objects.keys()].sort());
    // Objects that had arrived were not sent again. The pointer is not an object of the version.
    expect(objects).toBe(writes - 1 - broken);
    await verifyVersion(store, collection, idOf(2));
  }
});

test.each(['image.bin', 'items.table', 'previews.bin', 'manifest.json'])(
  'a version whose %s was damaged during the upload does not become active',
  async (name) => {
    const store = memoryStore();
    await publish(store, 1);
    const damaging: ObjectStore = {
      ...store,
      put: async (key, bytes, condition) => {
        const damaged = bytes.slice();
        if (key.endsWith(`/${name}`)) damaged[damaged.length - 2] ^= 1;
        return store.put(key, damaged, condition);
      },
    };
    await expect(publish(damaging, 0)).rejects.toMatchObject({ code: 'index_unreadable' });
    expect(await pointerOf(store)).toMatchObject({ version: idOf(1) });
  },
);

test.each(['version', 'model'] as const)(
  'each file of a %s is verified: it exists, with the right size and content',
  async (what) => {
    const whole = memoryStore();
    await publish(whole, 0);
    const { hash } = versions[0].manifest.model;
    const prefix = what === 'version' ? versionKey(collection, idOf(0), '') : modelKey(hash, '');
    const keys = [...whole.objects.keys()].filter((key) => key.startsWith(prefix));
    const listed = keys.filter((key) => !/(manifest|model)\.json$/.test(key));
    expect(listed).toHaveLength(what === 'version' ? 6 : 3);
    for (const key of listed) {
      const bytes = (await whole.get(key))!;
      const size = bytes.length;
      const changed = bytes.map((byte, i) => (i === size >> 1 ? byte ^ 1 : byte));
      const refused = async (damaged: Uint8Array | null, got: string, checksums = true) => {
        const store: ObjectStore = {
          ...whole,
          get: async (name, options) => (name === key ? damaged : whole.get(name, options)),
          head: async (name) => {
            if (name !== key) return whole.head(name);
            return damaged && { size: damaged.length, etag: 'damaged' };
          },
        };
        await expect(
          verifyVersion(store, collection, idOf(0), { checksums }),
        ).rejects.toMatchObject({
          code: 'index_unreadable',
          message: expect.stringContaining(`${key}: expected ${got}`),
        });
      };
      for (const checksums of [true, false]) {
        await refused(null, 'an object, got none', checksums);
        await refused(bytes.slice(1), `${size} bytes, got ${size - 1}`, checksums);
      }
      await refused(changed, 'SHA-256');
    }
  },
);

test('a damaged file of an unfinished upload is uploaded again', async () => {
  const store = memoryStore();
  await publish(store, 0);
  const key = (file: string) => versionKey(collection, idOf(0), file);
  await store.delete(key('manifest.json'));
  await store.delete(activeKey(collection));
  const bytes = (await store.get(key('image.bin')))!;
  bytes[99] ^= 1;
  await store.put(key('image.bin'), bytes);
  expect(await publish(store, 0)).toMatchObject({ published: true, objects: 2 });
});

test.each(['the version', 'its model'])(
  'a damaged file of %s, whose upload was complete, is uploaded again',
  async (what) => {
    const store = memoryStore();
    await publish(store, 0);
    await publish(store, 1);
    const { hash } = versions[0].manifest.model;
    const key =
      what === 'its model'
        ? modelKey(hash, 'text.bin')
        : versionKey(collection, idOf(0), 'image.bin');
    const bytes = (await store.get(key))!;
    const whole = bytes.slice();
    bytes[99] ^= 1;
    await store.put(key, bytes);
    expect(await publish(store, 0)).toMatchObject({ published: true, objects: 1 });
    expect(await store.get(key)).toEqual(whole);
  },
);

test('a version with a low recall or one that contradicts its ledger does not become active', async () => {
  const store = memoryStore();
  await publish(store, 1);
  const impossible = publish(store, 0, { recall: 1.01 });
  await expect(impossible).rejects.toMatchObject({ code: 'below_minimum' });
  const compare = ({ counts }: { counts: { items: number } }) => {
    throw new DiptychError('internal', `the ledger has not ${counts.items}`);
  };
  await expect(publish(store, 0, { compare })).rejects.toThrow('the ledger has not 16');
  expect(await pointerOf(store)).toMatchObject({ version: idOf(1) });
  expect(await publish(store, 0, { recall: 0.5 })).toMatchObject({ published: true });
});

test('a roll-back refuses a version that does not exist or lacks a file', async () => {
  const store = memoryStore();
  await expect(rollBack(store, collection)).rejects.toMatchObject({ code: 'not_found' });
  await publish(store, 0);
  await expect(rollBack(store, collection)).rejects.toMatchObject({ code: 'not_found' });
  await publish(store, 1);
  await expect(rollBack(store, collection, 'never')).rejects.toThrow(
    `has no version never; published: ${idOf(1)}, ${idOf(0)}`,
  );
  await store.delete(versionKey(collection, idOf(0), 'captions.table'));
  await expect(rollBack(store, collection)).rejects.toMatchObject({ code: 'index_unreadable' });
  expect(await pointerOf(store)).toMatchObject({ version: idOf(1) });
});

test('if a version is rolled back to during its removal, either the removal or the roll-back fails', async () => {
  // The roll-back comes at each write and deletion of the removal in turn.
  for (let moment = 0; ; moment++) {
    const store = memoryStore();
    await publish(store, 0);
    await publish(store, 1);
    let left = moment;
    let back: PromiseSettledResult<unknown>[] = [];
    const interrupted = async () => {
      if (left-- === 0) back = await Promise.allSettled([rollBack(store, collection, idOf(0))]);
    };
    const watched: ObjectStore = {
      ...store,
      put: async (key, bytes) => (await interrupted(), store.put(key, bytes)),
      delete: async (key) => (await interrupted(), store.delete(key)),
    };
    const [removal] = await Promise.allSettled([removeVersion(watched, collection, idOf(0))]);
    if (back.length === 0) break;
    const { version } = (await pointerOf(store))!;
    expect(removal.status).toBe(version === idOf(0) ? 'rejected' : 'fulfilled');
    await verifyVersion(store, collection, version);
  }
});

test('a removal that breaks off anywhere is finished by the next one', async () => {
  // It breaks off at the first deletion or later; before that, the version is complete.
  for (let moment = 1; ; moment++) {
    const store = memoryStore();
    await publish(store, 0);
    await publish(store, 1);
    let left = moment;
    const breaking: ObjectStore = {
      ...store,
      delete: async (key) => {
        if (left-- === 0) throw new DiptychError('store_failed', 'the network went away');
        return store.delete(key);
      },
    };
    const [first] = await Promise.allSettled([removeVersion(breaking, collection, idOf(0))]);
    if (first.status === 'fulfilled') break;
    await expect(rollBack(store, collection, idOf(0))).rejects.toBeInstanceOf(DiptychError);
    await removeVersion(store, collection, idOf(0));
    expect(await store.list(versionKey(collection, idOf(0), ''))).toEqual([]);
    await verifyVersion(store, collection, idOf(1));
  }
});
