import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeDataset } from '../../gpu-embedder/embed/encode-dataset.ts';
import { exportStatic } from '../../gpu-embedder/operate/export/export-static.ts';
import { indexDataset, type DatasetIndexOptions } from '../setup/index-dataset.ts';
import { writeTinyModel } from '../../gpu-embedder/learn/model/tiny-model.ts';
import { publishVersion } from '../../gpu-embedder/operate/publish/publish-version.ts';
import { removeVersion } from '../../gpu-embedder/operate/publish/remove-version.ts';
import { rollBack } from '../../gpu-embedder/operate/publish/roll-back.ts';
import { openVectorizeIndex } from '../../gpu-embedder/operate/vectorize/vectorize-rest.ts';
import { openLocalModel } from '../../gpu-embedder/operate/search/local-model.ts';
import { openLocalCollection } from '../../gpu-embedder/operate/search/open-local-collection.ts';
import { folderStore } from '../../gpu-embedder/operate/store/folder-store.ts';
import { writeTinyDataset } from '../setup/tiny-dataset.ts';
import { serveVectorize } from '../support/vectorize-rest-stand-in.ts';
import { createVectorizeStandIn } from '../support/vectorize-stand-in.ts';

const dim = 32;
let root: string;
let options: DatasetIndexOptions;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'diptych-vectorize-'));
  const at = (name: string) => join(root, name);
  const [embeddings, data, model, out] = ['embeddings', 'data', 'model', 'index'].map(at);
  options = { embeddings, data, model, collection: 'cloud', out, vectors: 'vectorize' };
  await writeTinyModel(model, { seed: 3 });
  await writeTinyDataset(data, 32);
  await encodeDataset({ ...options, out: embeddings, threads: 1 });
});

afterAll(() => rm(root, { recursive: true, force: true }));

function setUp(name: string) {
  const standIn = createVectorizeStandIn({ dimensions: dim });
  const { fetch } = serveVectorize(standIn, { dimensions: dim });
  const account = { accountId: 'account', apiToken: 'token', fetch };
  const target = { index: openVectorizeIndex('pictures', account) };
  return { standIn, target, store: folderStore(join(root, name)) };
}

test('a version for Vectorize holds plain vectors, which do not count for the isolate', async () => {
  const { dir, manifest, graphs } = await indexDataset(options);
  expect(graphs).toBeUndefined();
  expect(manifest).toMatchObject({
    vectors: 'vectorize',
    image: { count: 16, M: null, efSearch: 100, annRecallAt10: null, effort: [] },
    caption: { count: 8, quantisation: null },
  });
  expect((await readdir(dir)).filter((name) => /image|caption\./.test(name)).sort()).toEqual([
    'caption.f32',
    'image.f32',
  ]);
  expect(await readFile(join(dir, 'image.f32'))).toEqual(
    await readFile(join(options.embeddings, 'image.f32')),
  );
  const local = await indexDataset({ ...options, vectors: 'isolate' });
  expect(local.manifest.version).not.toBe(manifest.version);
  expect(manifest.memory.total).toBeLessThan(local.manifest.memory.total);
  expect(await indexDataset(options)).toMatchObject({ dir, built: false });
  await expect(indexDataset({ ...options, shards: 2 })).rejects.toThrow(
    'shards: Vectorize spreads vectors itself: expected 1, got 2',
  );
});

test('publish fills the index before the version becomes active', async () => {
  const { standIn, target, store } = setUp('filled');
  const { dir, manifest } = await indexDataset(options);
  const active = 'collections/cloud/active.json';
  const activeAtUpload: unknown[] = [];
  const watched = {
    index: {
      ...target.index,
      upsert: async (rows: Parameters<typeof target.index.upsert>[0]) => {
        activeAtUpload.push(await store.head(active));
        return target.index.upsert(rows);
      },
    },
  };
  const publish = () => publishVersion(store, dir, options.model, undefined, watched);
  expect(await publish()).toMatchObject({ published: true, vectors: 24 });
  expect(activeAtUpload).toEqual([null, null]);
  expect(await store.head(active)).not.toBeNull();
  const { values, namespace } = standIn.stored.get(`${manifest.version}:image:3`)!;
  const stored = await readFile(join(dir, 'image.f32'));
  const row = Array.from({ length: dim }, (_, j) => stored.readFloatLE(4 * (3 * dim + j)));
  expect(values).toEqual(row);
  expect(namespace).toBe(`${manifest.version}:image`);
  expect(await publish()).toMatchObject({ published: false, vectors: 0 });
});

test('lost vectors are sent again', async () => {
  const { standIn, target, store } = setUp('lost');
  const { dir } = await indexDataset(options);
  await publishVersion(store, dir, options.model, undefined, target);
  standIn.stored.clear();
  const again = await publishVersion(store, dir, options.model, undefined, target);
  expect(again).toMatchObject({ published: false, objects: 0, vectors: 24 });
});

test('a version is published only to the place that its manifest names', async () => {
  const { standIn, target, store } = setUp('nowhere');
  const remote = await indexDataset(options);
  const local = await indexDataset({ ...options, vectors: 'isolate' });
  await expect(publishVersion(store, remote.dir, options.model)).rejects.toThrow(
    /was indexed with --vectors vectorize: expected an index/,
  );
  await expect(publishVersion(store, local.dir, options.model, undefined, target)).rejects.toThrow(
    /was indexed with --vectors isolate: expected no index, got pictures/,
  );
  expect(await store.list('')).toEqual([]);
  expect(standIn.calls).toEqual([]);
  const site = { dir: join(root, 'site'), versionDir: remote.dir, modelDir: options.model };
  await expect(exportStatic(site)).rejects.toMatchObject({ code: 'invalid_option' });
  const model = await openLocalModel(options.model);
  await expect(openLocalCollection(remote.dir, model)).rejects.toThrow(
    /got vectorize: search it through/,
  );
});

test('a version that is not active can be removed together with its vectors', async () => {
  const { standIn, target, store } = setUp('removed');
  const remote = await indexDataset(options);
  const local = await indexDataset({ ...options, vectors: 'isolate' });
  const { version } = remote.manifest;
  const remove = () => removeVersion(store, 'cloud', version, { target });
  await publishVersion(store, remote.dir, options.model, undefined, target);
  await expect(remove()).rejects.toThrow(`collection cloud is at ${version}`);
  await publishVersion(store, local.dir, options.model);
  await expect(removeVersion(store, 'cloud', version)).rejects.toThrow(/expected an index/);

  // After an interruption nobody can roll back to the version, and the next removal finishes.
  standIn.fail(new Error('VECTOR_DELETE_ERROR (code = 40099): refused by the test'));
  await expect(remove()).rejects.toThrow('refused by the test');
  await expect(rollBack(store, 'cloud', version)).rejects.toThrow(`has no version ${version}`);
  expect(await remove()).toMatchObject({ version, vectors: 24 });
  expect(standIn.stored.size).toBe(0);
  expect(await store.list(`collections/cloud/${version}/`)).toEqual([]);
  await expect(remove()).rejects.toMatchObject({ code: 'not_found' });
  await rollBack(store, 'cloud', local.manifest.version);
});
