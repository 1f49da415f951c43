import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeDataset } from '../../gpu-embedder/embed/encode-dataset.ts';
import { chooseBuilder } from '../../gpu-embedder/index/graph/choose-builder.ts';
import { buildGraph } from '../../gpu-embedder/index/graph/build-graph.ts';
import { indexDataset, type DatasetIndexOptions } from '../setup/index-dataset.ts';
import { openSearcher } from '../../gpu-embedder/index/version/open-searcher.ts';
import { planChange } from '../../gpu-embedder/index/graph/plan-change.ts';
import { openPreviousVectors } from '../../gpu-embedder/index/version/previous-vectors.ts';
import { readEmbeddings } from '../../gpu-embedder/embed/read-embeddings.ts';
import { xxh64 } from '../../gpu-embedder/index/version/xxh64.ts';
import { writeTinyModel } from '../../gpu-embedder/learn/model/tiny-model.ts';
import { createRandom } from '../../gpu-embedder/common/random.ts';
import { sha256Hex } from '../../gpu-embedder/common/sha256-hex.ts';
import { manifestSchema, type Manifest } from '../../src/version/manifest.ts';
import { quantisations, quantise } from '../../src/version/quantise.ts';
import { writeVectorFile } from '../../src/version/write-vector-file.ts';
import { runDiptych } from '../cli/run-diptych.ts';
import { writeTinyDataset, type TinyDatasetChanges } from '../setup/tiny-dataset.ts';
import { clusteredVectors } from './clustered-vectors.ts';

let root: string;
let before: DatasetIndexOptions;
let after: DatasetIndexOptions;
/** Folder of the earlier version. */
let from: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'diptych-change-'));
  await writeTinyModel(join(root, 'model'), { seed: 3 });
  before = await encoded('before', { without: ['shopping cart'] });
  after = await encoded('after', { without: ['dog'], redrawn: ['cat face'] });
  from = (await indexDataset(before)).dir;
}, 60_000);

afterAll(() => rm(root, { recursive: true, force: true }));

async function encoded(
  name: string,
  changes: TinyDatasetChanges,
  model = join(root, 'model'),
): Promise<DatasetIndexOptions> {
  const [data, embeddings] = [join(root, name, 'data'), join(root, name, 'embeddings')];
  await writeTinyDataset(data, 32, changes);
  await encodeDataset({ model, data, collection: 'tiny', out: embeddings, threads: 1 });
  return { embeddings, data, model, collection: 'tiny', out: join(root, 'index') };
}

const flags = ({ embeddings, data, model, collection, out }: DatasetIndexOptions) =>
  Object.entries({ embeddings, data, model, collection, out }).flatMap(([name, value]) => [
    `--${name}`,
    value,
  ]);

test('index --from keeps equal vectors, adds and removes the others, and says how many', async () => {
  const { stdout, stderr, code } = await runDiptych('index', ...flags(after), '--from', from);
  expect(stderr).not.toContain('built from nothing');
  expect(code).toBe(0);
  expect(stdout).toContain('images: 14 vectors (10 kept, 4 added, 4 removed)');
  expect(stdout).toContain('captions: 7 vectors (6 kept, 1 added, 1 removed)');
  const dir = stdout.split('\n')[0];
  const json: unknown = JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8'));
  const manifest = manifestSchema.parse(json);
  const version = basename(from);
  expect(manifest.image.change).toEqual({ from: version, kept: 10, added: 4, removed: 4 });
  expect(manifest.caption.change).toEqual({ from: version, kept: 6, added: 1, removed: 1 });
  expect(manifest.image).toMatchObject({ annRecallAt10: 1, recallQueries: 'caption' });

  const { image, caption } = await readEmbeddings(after.embeddings);
  for (const [name, vectors] of Object.entries({ image, caption })) {
    const searcher = openSearcher(await readFile(join(dir, `${name}.bin`)), { dim: 32 });
    for (let id = 0; id < searcher.header.count; id++) {
      const vector = vectors.slice(32 * id, 32 * (id + 1));
      const stored = searcher.vector(id);
      expect(stored.every((value, j) => Math.abs(value - vector[j]) < 1e-4)).toBe(true);
    }
  }
  const again = await runDiptych('index', ...flags(after), '--from', from, '--json');
  expect(JSON.parse(again.stdout)).toMatchObject({ dir, built: false });
});

test('--from finds a version of the same content that was built from nothing', async () => {
  const again = await indexDataset({ ...before, from });
  expect(again).toMatchObject({ dir: from, built: false });
});

test('nothing changed gives the same graphs, with vectors as asked for', async () => {
  const int8 = await indexDataset({ ...before, from, quantisation: 'int8' });
  const built = await indexDataset({ ...before, quantisation: 'int8', out: join(root, 'built') });
  expect(int8.manifest.image.change).toMatchObject({ kept: 14, added: 0, removed: 0 });
  const checksum = ({ manifest }: { readonly manifest: Manifest }) =>
    ['image.bin', 'caption.bin'].map((name) => manifest.files[name]);
  expect(checksum(int8)).toEqual(checksum(built));
});

test('a graph with another M or with too many changes is built from nothing, and index says why', async () => {
  const other = await runDiptych('index', ...flags(after), '--from', from, '--M', '8', '--json');
  expect(other.stderr).toMatch(/image graph built from nothing: M is 16 in \S+, and 8 is wanted/);
  const { manifest, rebuilt } = JSON.parse(other.stdout) as {
    manifest: Manifest;
    rebuilt: Record<string, string>;
  };
  expect(manifest.image).not.toHaveProperty('change');
  expect(Object.keys(rebuilt)).toEqual(['image', 'caption']);

  const few = await encoded('few', { without: ['dog', 'airplane', 'angry face', 'red heart'] });
  const shrunk = await indexDataset({ ...few, from });
  expect(shrunk.rebuilt?.image).toMatch(/^57 % of the vectors changed .* above 30 %$/);
  expect(shrunk.manifest.image.count).toBe(8);
});

describe('is refused:', () => {
  test('a folder that is no version', async () => {
    const { code, stderr } = await runDiptych('index', ...flags(after), '--from', root);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[not_prepared\]: .*expected an index version/);
  });

  test('a version of another model', async () => {
    const model = join(root, 'other-model');
    await writeTinyModel(model, { seed: 4 });
    const other = await encoded('other', {}, model);
    await expect(indexDataset({ ...other, from })).rejects.toThrow(
      expect.objectContaining({
        code: 'model_mismatch',
        message: expect.stringMatching(/expected a version of model .* leave --from out/),
      }),
    );
  });

  test.each<[Partial<DatasetIndexOptions>, string]>([
    [{ shards: 2 }, 'got 2 shards: use either --from or --shards, not both'],
    [{ vectors: 'vectorize' }, 'got vectorize: use either --from or --vectors vectorize, not both'],
  ])('a change to an index of another kind, %j', async (options, message) => {
    await expect(indexDataset({ ...after, from, ...options })).rejects.toThrow(
      expect.objectContaining({
        code: 'invalid_option',
        message: expect.stringContaining(message),
      }),
    );
  });

  test.each<[string, (dir: string) => Promise<void>, RegExp]>([
    ['a damaged manifest', (dir) => writeFile(join(dir, 'manifest.json'), '{'), /manifest\.json/],
    ['a version without its captions', (dir) => rm(join(dir, 'captions.table')), /captions\.table/],
    [
      'a version without a graph',
      (dir) => rm(join(dir, 'image.bin')),
      /image\.bin: expected an object, got none/,
    ],
    ['a graph cut short', (dir) => truncate(join(dir, 'image.bin'), 999), /image\.bin: .* got 999/],
    ['a damaged graph', (dir) => damage(dir, 'image.bin'), /image\.bin: expected SHA-256/],
    ['damaged names', (dir) => damage(dir, 'items.table'), /items\.table: expected SHA-256/],
    [
      'a graph of other items that the manifest lists',
      (dir) => swap(dir).then(() => list(dir, 'image.bin')),
      /image\.bin: expected 14 vectors.* got 7/,
    ],
    [
      'a damaged graph that the manifest lists',
      (dir) => damage(dir, 'image.bin').then(() => list(dir, 'image.bin')),
      /image\.bin: checksum/,
    ],
  ])('%s', async (_, harm, message) => {
    const dir = join(root, 'damaged');
    await cp(from, dir, { recursive: true });
    try {
      await harm(dir);
      await expect(indexDataset({ ...after, from: dir, out: join(root, 'none') })).rejects.toThrow(
        expect.objectContaining({
          code: 'index_unreadable',
          message: expect.stringMatching(message),
        }),
      );
      await expect(readdir(join(root, 'none'))).rejects.toThrow('ENOENT');
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  const swap = (dir: string) => cp(join(dir, 'caption.bin'), join(dir, 'image.bin'));
  const damage = async (dir: string, name: string) => {
    const bytes = await readFile(join(dir, name));
    bytes[bytes.length - 1] ^= 1;
    await writeFile(join(dir, name), bytes);
  };
  /** Write the present size and checksum of a file into the manifest. */
  const list = async (dir: string, name: string) => {
    const content = await readFile(join(dir, name));
    const path = join(dir, 'manifest.json');
    const manifest = JSON.parse(await readFile(path, 'utf8')) as Manifest;
    manifest.files[name] = { bytes: content.length, sha256: sha256Hex(content) };
    await writeFile(path, JSON.stringify(manifest));
  };
});

test.each(quantisations)('a vector is recognised by what %s keeps of it', async (quantisation) => {
  const [dim, count] = [32, 200];
  const vectors = clusteredVectors(count, dim, 1);
  const graph = await buildGraph(vectors, dim, {
    M: 4,
    efConstruction: 20,
    builder: chooseBuilder(1),
  });
  const keys = Array.from({ length: count }, (_, i) => `item ${i}`);
  const file = writeVectorFile(graph, quantise(vectors, dim, quantisation), xxh64);
  const previous = openPreviousVectors('v1', file, { name: 'image.bin', dim, keys });
  expect(previous.graph).toEqual(graph);

  // All are encoded again, with sums in another order. Item 3 is a new drawing, item 4 has a new name.
  const random = createRandom(1);
  const next = vectors.map((value) => value + 1e-6 * random.normal());
  next.set(clusteredVectors(1, dim, 9), 3 * dim);
  const names = keys.map((key, i) => (i === 4 ? 'item four' : key)).reverse();
  const rows = Array.from({ length: count }, (_, i) => count - 1 - i);
  const turned = new Float32Array(
    rows.flatMap((row) => [...next.subarray(row * dim).slice(0, dim)]),
  );
  const { oldOf, ...counts } = planChange(previous, names, turned, dim);
  expect(counts).toEqual({ from: 'v1', kept: 198, added: 2, removed: 2 });
  expect([...oldOf]).toEqual(rows.map((row) => (row === 3 || row === 4 ? -1 : row)));
});
