import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDataset, readImageBytes } from '../../gpu-embedder/data/prepared/read-dataset.ts';
import { encodeDataset } from '../../gpu-embedder/embed/encode-dataset.ts';
import { canLoadHnswlib, chooseBuilder } from '../../gpu-embedder/index/graph/choose-builder.ts';
import { indexDataset, type DatasetIndexOptions } from '../setup/index-dataset.ts';
import { openSearcher } from '../../gpu-embedder/index/version/open-searcher.ts';
import { versionId } from '../../gpu-embedder/index/version/version-id.ts';
import { writeTinyModel } from '../../gpu-embedder/learn/model/tiny-model.ts';
import { captionsFile, itemsFile } from '../../src/version/keys.ts';
import { readCaptionTable } from '../../src/version/tables/caption-table.ts';
import { readItemTable } from '../../src/version/tables/item-table.ts';
import { manifestSchema } from '../../src/version/manifest.ts';
import { loadKeywordIndex } from '../../src/search/keywords/keyword-index.ts';
import { writeTinyDataset } from '../setup/tiny-dataset.ts';

let root: string;
let options: DatasetIndexOptions;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'diptych-index-'));
  const at = (name: string) => join(root, name);
  options = {
    embeddings: at('embeddings'),
    data: at('data'),
    model: at('model'),
    collection: 'tiny',
    out: at('index'),
  };
  await writeTinyModel(options.model, { seed: 3 });
  await writeTinyDataset(options.data, 32);
  await encodeDataset({ ...options, out: options.embeddings, threads: 1 });
});

afterAll(() => rm(root, { recursive: true, force: true }));

test('a version holds what its manifest says', async () => {
  const { dir, built, manifest } = await indexDataset(options);
  expect(built).toBe(true);
  expect(manifest).toMatchObject({
    collection: 'tiny',
    counts: { items: 16, captions: 8 },
    model: { id: 'tiny', embedDim: 32, imageSize: 32, logitScale: Math.log(20) },
    image: { count: 16, efSearch: 16, recallQueries: 'caption', quantisation: 'int8+residual' },
    caption: { count: 8, recallQueries: 'image' },
  });
  expect(manifest.image.annRecallAt10).toBeGreaterThan(0.98);
  const json: unknown = JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8'));
  expect(manifestSchema.parse(json)).toEqual(manifest);
  expect((await readdir(dir)).sort()).toEqual(
    [...Object.keys(manifest.files), 'manifest.json'].sort(),
  );
  for (const [name, { bytes, sha256 }] of Object.entries(manifest.files)) {
    const content = await readFile(join(dir, name));
    expect(content.byteLength).toBe(bytes);
    expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
  }
});

test('items, previews, captions and keywords are those of the data set', async () => {
  const { dir } = await indexDataset(options);
  const dataset = openDataset(options.data);
  const items = readItemTable(await readFile(join(dir, itemsFile)));
  const previews = await readFile(join(dir, 'previews.bin'));
  for (const [i, item] of dataset.items.entries()) {
    const { id, set, preview } = items.at(i);
    expect([id, set]).toEqual([item.id, item.set]);
    const bytes = previews.subarray(preview.offset, preview.offset + preview.length);
    expect(Buffer.from(await readImageBytes(dataset, item)).equals(bytes)).toBe(true);
  }
  const captions = readCaptionTable(await readFile(join(dir, captionsFile)), items.count);
  const dog = captions.texts.all().indexOf('dog');
  expect(captions.itemsOf(dog).map((i) => items.at(i).title)).toEqual(['dog', 'dog']);
  const keywords = loadKeywordIndex(await readFile(join(dir, 'keywords.json'), 'utf8'));
  const [hit] = keywords.search('kitten', 1);
  expect(keywords.itemsOf(hit.id).map((i) => items.at(i).title)).toEqual(['cat face', 'cat face']);
});

test('the searcher of a version gives the cosines of the embeddings', async () => {
  const { dir } = await indexDataset(options);
  const searcher = openSearcher(await readFile(join(dir, 'image.bin')));
  const floats = async (name: string) => {
    const bytes = await readFile(join(options.embeddings, name));
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  };
  const images = await floats('image.f32');
  const caption = (await floats('caption.f32')).slice(0, 32);
  const { ids, scores } = searcher.search(caption, 5);
  for (const [i, id] of ids.entries()) {
    const cosine = caption.reduce((sum, value, j) => sum + value * images[id * 32 + j], 0);
    expect(scores[i]).toBeCloseTo(cosine, 4);
  }
});

test('the same input finds the same version, other options make another one', async () => {
  const { graphs: _, ...first } = await indexDataset(options);
  const again = await indexDataset(options);
  expect(again).toEqual({ ...first, built: false });
  expect(await indexDataset({ ...options, builder: chooseBuilder(1) })).toEqual(again);
  const usearch = await indexDataset({ ...options, builder: 'usearch' });
  // Without hnswlib, `auto` has already taken usearch.
  expect(usearch.built).toBe(canLoadHnswlib());
  expect(usearch.dir !== first.dir).toBe(canLoadHnswlib());
  const other = await indexDataset({ ...options, quantisation: 'int8' });
  expect(other.built).toBe(true);
  expect(other.dir).not.toBe(first.dir);
  expect(other.manifest.image.quantisation).toBe('int8');
});

test('an id belongs to one set of bytes', async () => {
  const { dir, manifest } = await indexDataset(options);
  const { version, ...content } = manifest;
  expect(version).toBe(basename(dir));
  expect(versionId(content)).toBe(version);
  // As where several threads build another graph from the same input.
  const image = { ...content.files['image.bin'], sha256: '0'.repeat(64) };
  const other = { ...content, files: { ...content.files, 'image.bin': image } };
  expect(versionId(other)).not.toBe(version);
});

test('a version whose id is the hash of its inputs, as older ones are, is found', async () => {
  const out = join(root, 'older');
  const { dir, manifest } = await indexDataset({ ...options, out });
  const { inputKey, ...older } = manifest;
  older.version = `20260101-${inputKey}`;
  const place = join(out, 'tiny', older.version);
  await rename(dir, place);
  await writeFile(join(place, 'manifest.json'), JSON.stringify(older));
  expect(await indexDataset({ ...options, out })).toEqual({
    dir: place,
    built: false,
    manifest: older,
  });
});

test('a version in shards has the same items, and the vectors of a range in each', async () => {
  const { dir, manifest } = await indexDataset({ ...options, shards: 3 });
  const whole = await indexDataset(options);
  expect(dir).not.toBe(whole.dir);
  expect(manifest.counts).toEqual(whole.manifest.counts);
  expect(manifest.image).toMatchObject({ count: 16, annRecallAt10: expect.closeTo(1, 2) });
  expect(manifest.shards?.map(({ image }) => image)).toEqual([
    { first: 0, count: 5 },
    { first: 5, count: 5 },
    { first: 10, count: 6 },
  ]);
  expect(manifest.memory.total).toBeLessThan(whole.manifest.memory.total);
  expect(Object.keys(manifest.files)).not.toContain('image.bin');
  const all = openSearcher(await readFile(join(whole.dir, 'image.bin')));
  for (const [i, { image, caption, memory }] of manifest.shards!.entries()) {
    const [images, captions] = await Promise.all(
      ['image', 'caption'].map(async (kind) =>
        openSearcher(await readFile(join(dir, `shards/${i}/${kind}.bin`))),
      ),
    );
    expect([images.header.count, captions.header.count]).toEqual([image.count, caption.count]);
    expect(memory).toBeGreaterThan(images.header.fileBytes + captions.header.fileBytes);
    const [vector, expected] = [images.vector(1), all.vector(image.first + 1)];
    vector.forEach((value, j) => expect(value).toBeCloseTo(expected[j], 3));
  }
  const overlapping = [manifest.shards![0], manifest.shards![0]];
  expect(manifestSchema.safeParse({ ...manifest, shards: overlapping }).success).toBe(false);
});

test('a version above the budget is refused and nothing is left of it', async () => {
  const out = join(root, 'refused');
  await expect(indexDataset({ ...options, out, budget: 1e6 })).rejects.toThrow(
    expect.objectContaining({
      code: 'index_too_large',
      message: expect.stringMatching(/expected at most 1\.0 MB .*image tower \d/),
    }),
  );
  expect(await readdir(join(out, 'tiny'))).toEqual([]);
});

test('an interrupted build leaves nothing', async () => {
  const out = join(root, 'interrupted');
  const signal = AbortSignal.abort(new Error('interrupted by the test'));
  await expect(indexDataset({ ...options, out, signal })).rejects.toThrow(
    'interrupted by the test',
  );
  expect(await readdir(join(out, 'tiny'))).toEqual([]);
});

test('embeddings of another model or data set are refused', async () => {
  const model = join(root, 'other-model');
  await writeTinyModel(model, { seed: 4 });
  await expect(indexDataset({ ...options, model })).rejects.toThrow(
    expect.objectContaining({ code: 'model_mismatch' }),
  );
  const data = join(root, 'other-data');
  await writeTinyDataset(data, 16);
  await expect(indexDataset({ ...options, data })).rejects.toThrow(/fingerprint .* got 16 items/);
});

test('damaged embeddings are refused, naming the file, what was expected and found', async () => {
  const embeddings = join(root, 'damaged');
  await cp(options.embeddings, embeddings, { recursive: true });
  const file = join(embeddings, 'image.f32');
  const bytes = await readFile(file);
  bytes.fill(0, 128, 256);
  await writeFile(file, bytes);
  const build = () => indexDataset({ ...options, embeddings });
  await expect(build()).rejects.toThrow(/image\.f32: expected SHA-256 \w{64}, got \w{64}; run/);
  await writeFile(file, bytes.subarray(4));
  await expect(build()).rejects.toThrow('expected 2048 bytes, got 2044; run diptych encode again');
  // Embeddings of an older version have no checksums.
  const manifest = join(embeddings, 'embeddings.json');
  const { files: _, ...old } = JSON.parse(await readFile(manifest, 'utf8')) as { files: unknown };
  await writeFile(manifest, JSON.stringify(old));
  await expect(build()).rejects.toThrow('expected 2048 bytes (16 x 32 floats), got 2044');
  await writeFile(file, bytes);
  await expect(build()).rejects.toThrow('image.f32: vector 1: expected length 1, got 0');
  await rm(join(embeddings, 'embeddings.json'));
  await expect(build()).rejects.toThrow(/no such file: run diptych encode/);
});
