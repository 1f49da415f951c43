import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildFromPlan } from '../../gpu-embedder/operate/jobs/build-from-plan.ts';
import { verifyVersion } from '../../gpu-embedder/operate/publish/verify-version.ts';
import { writeTinyModel } from '../../gpu-embedder/learn/model/tiny-model.ts';
import { buildPageKey, imagePackKey, versionKey } from '../../src/version/keys.ts';
import type { ObjectStore } from '../../src/objects/object-store.ts';
import { type PlannedItem } from '../../src/jobs/steps/build-page.ts';
import { writeTinyVersion, type TinyVersion } from '../setup/tiny-version.ts';
import { memoryStore, type MemoryStore } from '../support/memory-store.ts';
import { storePages, storePlan } from './store-plan.ts';

const collection = 'pictograms';
const jobId = 'job-1';
const options = { items: 16, createdAt: '2026-01-27T10:00:00.000Z' };
let root: string;
let tiny: TinyVersion;
/** The things that a job has before its build. */
let planned: MemoryStore;
let items: PlannedItem[];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'diptych-plan-'));
  tiny = await writeTinyVersion(root, collection);
  planned = memoryStore();
  items = await storePlan(planned, tiny, jobId);
}, 120_000);

afterAll(() => rm(root, { recursive: true, force: true }));

/** A store of the same content. */
function copyOf(store: MemoryStore): MemoryStore {
  const copy = memoryStore();
  for (const [key, value] of store.objects) copy.objects.set(key, value);
  return copy;
}

const build = (objects: ObjectStore, more: object = {}, signal?: AbortSignal) =>
  buildFromPlan(
    { objects, jobId, collection, model: tiny.model, options: { ...options, ...more } },
    signal,
  );
const fileOf = async (store: ObjectStore, version: string, name: string) =>
  Buffer.from((await store.get(versionKey(collection, version, name)))!);
const versionsOf = (store: ObjectStore) => store.list('collections/');

test('a plan gives the files that a data set of the same content gives', async () => {
  const store = copyOf(planned);
  const { version, built, manifest } = await build(store);
  expect(built).toBe(true);
  expect(manifest).toMatchObject({ counts: { items: 16, captions: 8 }, collection });
  await verifyVersion(store, collection, version, { recall: 0.98 });
  for (const name of [
    'image.bin',
    'caption.bin',
    'items.table',
    'captions.table',
    'previews.bin',
  ]) {
    expect([name, (await fileOf(store, version, name)).equals(await readFile(join(tiny.index, name)))])
      .toEqual([name, true]); // prettier-ignore
  }
});

test('the same plan gives the same bytes, wherever its embeddings lie', async () => {
  const one = copyOf(planned);
  const { version } = await build(one);
  const other = memoryStore();
  await storePlan(other, tiny, jobId, { page: 3, rows: 4 });
  expect(await build(other)).toMatchObject({ version, built: true });
  const files = await versionsOf(one);
  expect(await versionsOf(other)).toMatchObject(files.map(({ key, size }) => ({ key, size })));
  for (const { key } of files) {
    expect([key, Buffer.from((await one.get(key))!).equals((await other.get(key))!)]).toEqual([key, true]); // prettier-ignore
  }
});

test('a version that exists is not built again, and a new one is built', async () => {
  const store = copyOf(planned);
  const { version } = await build(store);
  const later = { createdAt: '2026-02-01T00:00:00.000Z' };
  expect(await build(store, later)).toMatchObject({ version, built: false });
  await storePages(store, jobId, items.map((item) => ({ ...item, tags: ['new'] }))); // prettier-ignore
  const tagged = await build(store);
  expect(tagged.built).toBe(true);
  expect(tagged.version).not.toBe(version);
  const [, ...rest] = items;
  for (let page = 0; page < 4; page++) await store.delete(buildPageKey(jobId, page));
  await storePages(store, jobId, rest);
  const changed = await build(store, { items: 15, from: version });
  expect(changed.manifest.image.change).toEqual({ from: version, kept: 15, added: 0, removed: 1 });
});

const removed: Damage = (store, key) => store.delete(key);
const cut: Damage = async (store, key) => store.put(key, (await store.get(key))!.slice(0, -1));
const flipped: Damage = async (store, key) => {
  const bytes = (await store.get(key))!;
  bytes[bytes.length >> 1] ^= 1;
  await store.put(key, bytes);
};
type Damage = (store: MemoryStore, key: string) => Promise<unknown>;

test.each<[string, string, Damage, RegExp]>(
  ['image.bin', 'caption.bin', 'items.table', 'captions.table'].flatMap((name) => [
    [name, 'missing', removed, /: expected an object, got none$/],
    [name, 'cut short', cut, /: expected \d+ bytes, got \d+$/],
    [name, 'damaged', flipped, /: expected SHA-256 \w{64}, got \w{64}$/],
  ]),
)('a version whose %s is %s is not changed', async (name, _what, damage, message) => {
  const store = copyOf(planned);
  const { version } = await build(store);
  await storePages(store, jobId, items.map((item) => ({ ...item, tags: ['new'] }))); // prettier-ignore
  const key = versionKey(collection, version, name);
  await damage(store, key);
  const before = await versionsOf(store);
  const changed = build(store, { from: version });
  await expect(changed).rejects.toMatchObject({ code: 'index_unreadable' });
  await expect(changed).rejects.toThrow(key);
  await expect(changed).rejects.toThrow(message);
  expect(await versionsOf(store)).toEqual(before);
});

test('each pack is read once', async () => {
  const store = copyOf(planned);
  const reads = new Map<string, number>();
  const counting: ObjectStore = {
    ...store,
    get: async (key, range) => {
      reads.set(key, (reads.get(key) ?? 0) + 1);
      return store.get(key, range);
    },
  };
  await build(counting);
  const packs = [...reads].filter(([key]) => /^(images|embeddings)\//.test(key));
  expect(packs.filter(([key]) => key.startsWith('images/'))).toHaveLength(3);
  expect(packs.filter(([key]) => key.startsWith('embeddings/'))).toHaveLength(5);
  expect(packs.every(([, times]) => times === 1)).toBe(true);
});

test('items need no captions, but an index needs items', async () => {
  const store = copyOf(planned);
  await storePages(store, jobId, items.map((item) => ({ ...item, captions: [] }))); // prettier-ignore
  const { manifest } = await build(store);
  expect(manifest).toMatchObject({ counts: { items: 16, captions: 0 } });
  for (let page = 0; page < 4; page++) await store.delete(buildPageKey(jobId, page));
  await expect(build(store, { items: 0 })).rejects.toMatchObject({ code: 'nothing_to_publish' });
});

const page = buildPageKey(jobId, 1);
const damages: readonly [string, RegExp, (store: MemoryStore) => Promise<unknown>][] = [
  ['a missing page', /expected 16 items in the pages of the build, got 5/, (s) => s.delete(page)],
  ['a page that is no JSON', /build-1\.json: expected JSON/, (s) => s.put(page, Buffer.from('{'))],
  [
    'a page of another shape',
    /build-1\.json: .*items/s,
    (s) => s.put(page, Buffer.from('{"items":[{"id":"a"}]}')),
  ],
  [
    'an item that occurs twice',
    /expected each item once, got round:birthday-cake twice/,
    (s) => storePages(s, jobId, [...items.slice(0, 15), items[0]]),
  ],
  [
    'a pack of embeddings that is missing',
    /\.f32: expected a pack of embeddings, got none/,
    (s) => s.delete(packOf(s, 'embeddings/')),
  ],
  [
    'a damaged pack of embeddings',
    /\.f32: expected SHA-256/,
    async (s) => {
      const bytes = (await s.get(packOf(s, 'embeddings/')))!;
      bytes[0] ^= 1;
      await s.put(packOf(s, 'embeddings/'), bytes);
    },
  ],
  [
    'a row that a pack does not have',
    /\.f32: expected row 7 of 32 floats, got 896 bytes/,
    (s) =>
      storePages(s, jobId, [
        { ...items[0], embedding: { ...items[0].embedding, row: 7 } },
        ...items.slice(1),
      ]),
  ],
  [
    'a pack of images that is missing',
    /\.pack: expected a pack of images, got none/,
    (s) => s.delete(imagePackKey(items[0].image.pack)),
  ],
  [
    'a pack of images that ends early',
    /\.pack: expected images in \d+ bytes from 0/,
    (s) => s.put(imagePackKey(items[0].image.pack), new Uint8Array(9)),
  ],
];

test.each(damages)('%s fails the build, which leaves nothing', async (_what, message, damage) => {
  const store = copyOf(planned);
  await damage(store);
  await expect(build(store)).rejects.toMatchObject({
    code: 'index_unreadable',
    message: expect.stringMatching(message),
  });
  expect(await versionsOf(store)).toEqual([]);
});

function packOf(store: MemoryStore, prefix: string): string {
  return [...store.objects.keys()].filter((key) => key.startsWith(prefix)).sort()[0];
}

test('another model finds no embeddings of its own', async () => {
  const model = join(root, 'other-model');
  await writeTinyModel(model, { seed: 4 });
  const store = copyOf(planned);
  const other = buildFromPlan({ objects: store, jobId, collection, model, options });
  await expect(other).rejects.toThrow(/embeddings\/.*expected a pack of embeddings, got none/);
});

test.each([
  ['no number of items', { items: undefined }],
  ['an unknown option', { effort: 3 }],
  ['a wrong time', { createdAt: 'today' }],
  ['an unknown quantisation', { quantisation: 'int3' }],
])('%s is refused', async (_what, more) => {
  await expect(build(planned, more)).rejects.toMatchObject({ code: 'invalid_option' });
});

test('a build that is stopped leaves nothing', async () => {
  const store = copyOf(planned);
  const signal = AbortSignal.abort(new Error('stopped by the test'));
  await expect(build(store, {}, signal)).rejects.toThrow('stopped by the test');
  expect(await versionsOf(store)).toEqual([]);
});
