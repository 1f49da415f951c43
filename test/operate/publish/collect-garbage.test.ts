import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  collectGarbage,
  type CollectOptions,
} from '../../../gpu-embedder/operate/garbage/collect-garbage.ts';
import { listVersions } from '../../../gpu-embedder/operate/publish/list-versions.ts';
import { movePointer, readPointer } from '../../../src/version/move-pointer.ts';
import {
  readVersion,
  type VersionFolder,
} from '../../../gpu-embedder/operate/publish/read-version.ts';
import { removeVersion } from '../../../gpu-embedder/operate/publish/remove-version.ts';
import { verifyVersion } from '../../../gpu-embedder/operate/publish/verify-version.ts';
import { versionKey } from '../../../src/version/keys.ts';
import { writeTinyVersion, type TinyVersion } from '../../setup/tiny-version.ts';
import { memoryStore, type MemoryStore } from '../../support/memory-store.ts';
import { collection, namesIn, storeModel, storeVersion, versionIds } from './stored-versions.ts';

const hour = 3600_000;
const day = 24 * hour;
const start = Date.parse('2026-01-01T00:00:00Z');
const [v1, v2, v3, v4, v5, v6] = versionIds;
const prefix = `collections/${collection}/`;
let root: string;
let tiny: TinyVersion;
let folder: VersionFolder;
let model: string;
/** Time of the clock for writes of objects and for the collection, milliseconds. */
let now: number;
let store: MemoryStore;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'diptych-collect-'));
  tiny = await writeTinyVersion(root, collection);
  folder = await readVersion(tiny.index);
  model = folder.manifest.model.hash;
}, 120_000);

afterAll(() => rm(root, { recursive: true, force: true }));

beforeEach(async () => {
  now = start;
  store = memoryStore(() => now);
  await storeModel(store, tiny.model, model);
});

async function activate(version: string): Promise<void> {
  await movePointer(store, await readPointer(store, collection), version, now);
}

async function publish(version: string): Promise<void> {
  await storeVersion(store, folder, version);
  await activate(version);
}

/** Publish versions, one per hour. */
async function publishHourly(...versions: string[]): Promise<void> {
  for (const version of versions) {
    now += hour;
    await publish(version);
  }
}

const collect = (options: Partial<CollectOptions> = {}) =>
  collectGarbage(store, { collection, now, ...options });
const what = ({ removed }: Awaited<ReturnType<typeof collect>>) => removed.map((one) => one.what);

test('versions of an older format are collected like others', async () => {
  await publish(v1);
  const key = versionKey(collection, v1, 'manifest.json');
  const manifest = JSON.parse(Buffer.from((await store.get(key))!).toString()) as object;
  await store.put(key, Buffer.from(JSON.stringify({ ...manifest, formatVersion: 2 })));
  await publishHourly(v2);
  now += 2 * hour;
  expect(what(await collect({ keep: 1 }))).toEqual([v1]);
  expect(await namesIn(store, prefix)).toEqual([v2]);
});

test('the last three versions stay, and older ones that a worker may still be loading', async () => {
  await publishHourly(v1, v2, v3, v4, v5);
  now += 30 * 60_000;
  // Hours since the versions stopped being active: v1 3.5, v2 2.5, v4 0.5.
  expect(what(await collect())).toEqual([v2, v1]);
  expect(await namesIn(store, prefix)).toEqual([v3, v4, v5]);
  const { removed, kept } = await collect({ keep: 1 });
  expect(removed.map((one) => one.what)).toEqual([v3]);
  expect(kept).toEqual([
    { version: v5, why: 'active' },
    { version: v4, why: 'active until a moment ago' },
  ]);
  expect(what(await collect({ keep: 1, graceMs: 10 * 60_000 }))).toEqual([v4]);
  expect(what(await collect({ keep: 1, graceMs: 0 }))).toEqual([]);
  await verifyVersion(store, collection, v5);
});

test('the age of a version that was active twice counts from its second end', async () => {
  await publishHourly(v1, v2, v3);
  now += hour;
  await activate(v1);
  now += hour;
  await activate(v3);
  now += 2 * hour;
  expect(what(await collect({ keep: 2 }))).toEqual([v2]);
  expect((await listVersions(store, collection)).map(({ version, state }) => [version, state])).toEqual([
    [v3, 'active'],
    [v1, 'retired'],
  ]); // prettier-ignore
});

test('a version that a job holds or that waits to become active stays', async () => {
  await publishHourly(v1, v2, v3);
  await storeVersion(store, folder, v4);
  now += 2 * hour;
  const isHeld = (version: string) => version === v1;
  expect(what(await collect({ keep: 1, isHeld }))).toEqual([v2]);
  expect(await namesIn(store, prefix)).toEqual([v1, v3, v4]);
  now += day;
  expect(what(await collect({ keep: 1, isHeld }))).toEqual([v4]);
});

test('an unfinished upload goes after a day, the rest of a removal at once', async () => {
  await publishHourly(v1, v2);
  now += 60_000;
  await storeVersion(store, folder, v3);
  await store.delete(versionKey(collection, v3, 'manifest.json'));
  await storeVersion(store, folder, v4);
  const manifest = versionKey(collection, v4, 'manifest.json');
  await store.put(versionKey(collection, v4, 'removing.json'), (await store.get(manifest))!);
  await store.delete(manifest);
  expect(await listVersions(store, collection)).toMatchObject([
    { version: v2, state: 'active' },
    { state: 'incomplete' },
    { state: 'removing' },
    { version: v1, state: 'retired' },
  ]);
  expect(what(await collect())).toEqual([v4]);
  now += day;
  expect(what(await collect())).toEqual([v3]);
  expect(await namesIn(store, prefix)).toEqual([v1, v2]);
});

test('a model goes if no version of any collection uses it and nobody has just uploaded it', async () => {
  const [old, other] = ['0123456789abcdef', 'fedcba9876543210'];
  await storeModel(store, tiny.model, old);
  await storeModel(store, tiny.model, other);
  await storeVersion(store, folder, v1, old);
  now += hour;
  await publish(v2);
  const elsewhere = { ...folder.manifest, collection: 'elsewhere', version: v1 };
  const of = { ...elsewhere, model: { ...elsewhere.model, hash: other } };
  await store.put(versionKey('elsewhere', v1, 'manifest.json'), Buffer.from(JSON.stringify(of)));
  now += 2 * day;
  expect(what(await collect())).toEqual([]);
  expect(what(await collect({ keep: 1, dryRun: true }))).toEqual([v1, `models/${old}`]);
  // Somebody is about to publish a version of this model again.
  const description = [...store.objects.keys()].find((key) => key.endsWith(`model.json`) && key.includes(old))!; // prettier-ignore
  await store.put(description, (await store.get(description))!);
  expect(what(await collect({ keep: 1 }))).toEqual([v1]);
  now += day;
  expect(what(await collect({ keep: 1 }))).toEqual([`models/${old}`]);
  expect((await namesIn(store, 'models/')).sort()).toEqual([model, other].sort());
  await verifyVersion(store, collection, v2);
});

test('uploads go after a day, and packs stay if there is no catalogue to ask', async () => {
  await publish(v1);
  const keys = ['images/ab/abc.pack', 'embeddings/model/abc.f32', 'uploads/0A', 'uploads/0B'];
  for (const key of keys) await store.put(key, Uint8Array.of(1));
  expect(what(await collect())).toEqual([]);
  now += day;
  expect(await collect()).toMatchObject({ removed: [{ what: 'uploads', objects: 2, bytes: 2 }] });
  expect([...store.objects.keys()]).toEqual(expect.arrayContaining(keys.slice(0, 2)));
  expect(await store.list('uploads/')).toEqual([]);
});

test('a dry run says what would go, and nothing goes', async () => {
  await publishHourly(v1, v2, v3, v4, v5, v6);
  now += day;
  const before = [...store.objects.keys()];
  const planned = await collect({ dryRun: true, keep: 2 });
  expect(what(planned)).toEqual([v4, v3, v2, v1]);
  expect([...store.objects.keys()]).toEqual(before);
  expect(await collect({ keep: 2 })).toEqual(planned);
  expect(what(await collect({ keep: 2 }))).toEqual([]);
});

test('a version is removed only if it stopped being active before the grace period', async () => {
  await publishHourly(v1, v2);
  now += hour / 2;
  const remove = (graceMs: number) => removeVersion(store, collection, v1, { graceMs, now });
  await expect(remove(hour)).rejects.toMatchObject({ code: 'invalid_option' });
  expect(await remove(hour / 4)).toMatchObject({ version: v1 });
  const active = removeVersion(store, collection, v2, { now });
  await expect(active).rejects.toThrow(`is at ${v2}`);
});

test('other folders of a collection are left alone', async () => {
  await publishHourly(v1);
  const others = [`${prefix}deleted.json`, `${prefix}notes/a.json`];
  for (const key of others) await store.put(key, Uint8Array.of(1));
  now += 9 * day;
  expect(what(await collect({ keep: 1 }))).toEqual([]);
  expect((await store.list(prefix)).map(({ key }) => key)).toEqual(expect.arrayContaining(others));
});
