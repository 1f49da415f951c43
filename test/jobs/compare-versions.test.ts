import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readVersion } from '../../gpu-embedder/operate/publish/read-version.ts';
import { compareVersions } from '../../gpu-embedder/operate/jobs/compare-versions.ts';
import { sha256Hex } from '../../gpu-embedder/common/sha256-hex.ts';
import { captionsFile, itemsFile, versionKey } from '../../src/version/keys.ts';
import { writeCaptionTable } from '../../src/version/tables/caption-table.ts';
import { writeItemTable } from '../../src/version/tables/item-table.ts';
import { writeTinyVersion } from '../setup/tiny-version.ts';
import { memoryStore, type MemoryStore } from '../support/memory-store.ts';
import { cloudManifest } from '../vectorize/cloud-manifest.ts';

const dim = 20;
const collection = 'cloud';
const names = Array.from({ length: dim }, (_, i) => `item-${i}`);
let store: MemoryStore;
beforeEach(() => {
  store = memoryStore();
});

interface Caption {
  readonly text: string;
  readonly items: readonly string[];
  /** Scores by the name of the item; other items score 0. */
  readonly scores: Readonly<Record<string, number>>;
}

/** Store a version whose image i is the unit vector i, so that a caption's vector is its scores. */
async function storeScores(
  version: string,
  captions: readonly Caption[],
  { ids = names, setOf = () => 'all' }: { ids?: string[]; setOf?: (id: string) => string } = {},
): Promise<void> {
  const axis = (id: string) => (id.startsWith('item-') ? Number(id.slice(5)) : dim - 1);
  const rows = <T>(list: readonly T[], fill: (row: Float32Array, one: T) => void) => {
    const all = new Float32Array(list.length * dim);
    list.forEach((one, i) => fill(all.subarray(i * dim, (i + 1) * dim), one));
    return all;
  };
  const image = rows(ids, (row, id) => (row[axis(id)] = 1));
  const caption = rows(captions, (row, { scores }) => {
    const norm = Math.hypot(...Object.values(scores));
    for (const [id, score] of Object.entries(scores)) row[axis(id)] = score / norm;
  });
  const manifest = cloudManifest({ dim, image, caption, version });
  const items = ids.map((id) => ({
    ...{ id, title: id, set: setOf(id) },
    preview: { offset: 0, length: 0, type: 'image/png' },
  }));
  const files: Record<string, Uint8Array> = {
    [itemsFile]: writeItemTable(items),
    [captionsFile]: writeCaptionTable(
      captions.map((one) => ({ ...one, items: one.items.map((id) => ids.indexOf(id)) })),
    ),
    'image.f32': new Uint8Array(image.buffer),
    'caption.f32': new Uint8Array(caption.buffer),
  };
  const entries = Object.entries(files);
  const listed = entries.map(([name, content]) => [
    name,
    { bytes: content.byteLength, sha256: sha256Hex(content) },
  ]);
  const model = { ...manifest.model, hash: `model-${version}` };
  const whole = { ...manifest, model, files: Object.fromEntries(listed) };
  files['manifest.json'] = Buffer.from(JSON.stringify(whole));
  for (const [name, bytes] of Object.entries(files))
    await store.put(versionKey(collection, version, name), bytes);
}

/** Scores that rank item 0 first, then 1, … */
const falling = Object.fromEntries(names.map((name, i) => [name, dim - i]));
/** Scores that rank items 10 to 15 first, then 0, 1, … */
const sixBefore = {
  ...falling,
  ...Object.fromEntries(names.slice(10, 16).map((name, i) => [name, 40 - i])),
};
const asked = { text: 'zero', items: ['item-0'] };
const compare = (more: { heldOut?: string[] } = {}, signal?: AbortSignal) =>
  compareVersions(store, collection, { before: 'old', after: 'new', ...more }, { signal });
const recalls = (...[one, five, ten]: number[]) => ({
  'image_retrieval_recall@1': one,
  'image_retrieval_recall@5': five,
  'image_retrieval_recall@10': ten,
});

describe('a comparison of versions', () => {
  it('tells how many of the first images are the same, and how recall changes', async () => {
    await storeScores('old', [{ ...asked, scores: falling }]);
    await storeScores('new', [{ ...asked, scores: sixBefore }]);
    expect(await compare()).toEqual({
      versions: { before: 'old', after: 'new' },
      models: { before: 'model-old', after: 'model-new' },
      ...{ pairs: 1, captions: 1, images: dim, sets: null, overlapAt10: 0.4 },
      before: recalls(1, 1, 1),
      after: recalls(0, 0, 1),
      change: recalls(-1, -1, 0),
    });
  });

  it('leaves out what only one of them has, wherever it stands', async () => {
    const lost = { text: 'lost', items: ['item-3'], scores: falling };
    await storeScores('old', [lost, { ...asked, scores: falling }]);
    const added = { text: 'added', items: ['other'], scores: falling };
    const shown = { ...asked, items: ['other', 'item-0'], scores: { ...falling, other: 90 } };
    await storeScores('new', [added, shown], {
      ids: ['other', ...names.slice(0, -1).reverse()],
    });
    expect(await compare()).toMatchObject({
      ...{ pairs: 1, captions: 1, images: dim - 1, overlapAt10: 1 },
      change: recalls(0, 0, 0),
    });
  });

  it('keeps to held-out sets, for what is searched for and among what', async () => {
    const setOf = (id: string) => (/^item-1?[0-9]$/.test(id) && id > 'item-2' ? 'held' : 'seen');
    const captions = (scores: Caption['scores']) => [
      { ...asked, scores },
      { text: 'three', items: ['item-3', 'item-0'], scores },
    ];
    await storeScores('old', captions({ ...falling, 'item-3': 100 }), { setOf });
    await storeScores('new', captions(falling), { setOf });
    // Items 3 to 9 are held out: of those, 3 comes first in both.
    expect(await compare({ heldOut: ['held'] })).toMatchObject({
      ...{ pairs: 1, images: 7, sets: ['held'] },
      after: recalls(1, 1, 1),
    });
    expect(await compare()).toMatchObject({ pairs: 2, images: dim });
    expect(await compare({ heldOut: ['nowhere'] })).toMatchObject({
      ...{ pairs: 0, images: 0, overlapAt10: null, before: {}, after: {}, change: {} },
    });
  });

  it('takes the same sample of many captions, in whatever order they are', async () => {
    const many = Array.from({ length: 1200 }, (_, i) => {
      const own = `item-${i % dim}`;
      return { text: `caption ${i}`, items: [own], scores: { ...falling, [own]: i % 3 ? 90 : 0 } };
    });
    await storeScores('old', many);
    await storeScores('new', many);
    const first = await compare();
    expect(first).toMatchObject({ pairs: 1000, captions: 1200, overlapAt10: 1 });
    await storeScores('old', [...many].reverse());
    await storeScores('new', [...many].reverse());
    expect(await compare()).toEqual(first);
  });

  it('reads the vectors of one isolate and of shards', async () => {
    const root = await mkdtemp(join(tmpdir(), 'diptych-compare-'));
    try {
      const tiny = await writeTinyVersion(root, collection);
      const versions: string[] = [];
      for (const dir of [tiny.index, await tiny.again(16, 2)]) {
        const folder = await readVersion(dir);
        for (const { key, read } of folder.objects()) await store.put(key, await read());
        versions.push(folder.manifest.version);
      }
      const [before, after] = versions;
      expect(before).not.toBe(after);
      expect(await compareVersions(store, collection, { before, after })).toMatchObject({
        ...{ pairs: 8, captions: 8, images: 16, overlapAt10: 1 },
        change: recalls(0, 0, 0),
      });
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  }, 60_000);

  it('says which file of a version is gone, and stops when it is told to', async () => {
    await storeScores('old', [{ ...asked, scores: falling }]);
    await expect(compare()).rejects.toMatchObject({ code: 'not_found' });
    await storeScores('new', [{ ...asked, scores: falling }]);
    await expect(compare({}, AbortSignal.abort(new Error('told to')))).rejects.toThrow('told to');
    await store.delete(versionKey(collection, 'new', 'image.f32'));
    await expect(compare()).rejects.toMatchObject({
      code: 'index_unreadable',
      message: 'collections/cloud/new/image.f32: expected an object, got none',
    });
  });
});
