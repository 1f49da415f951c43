import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { appendFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareFolder } from '../../gpu-embedder/data/prepare/prepare-images.ts';
import { decodeForModel } from '../../gpu-embedder/common/images/decode-for-model.ts';
import { encodeDataset } from '../../gpu-embedder/embed/encode-dataset.ts';
import { loadModel, type EmbeddingModel } from '../../gpu-embedder/embed/load-model.ts';
import { openPartialRows } from '../../gpu-embedder/embed/partial-rows.ts';
import { readEmbeddings } from '../../gpu-embedder/embed/read-embeddings.ts';
import { renderSvg } from '../../gpu-embedder/data/pictograms/render-svg.ts';
import { preparedRgb } from '../../gpu-embedder/data/prepared/prepared-rgb.ts';
import { directEmbedder } from '../../gpu-embedder/embed/service/embedder/direct-embedder.ts';
import { openDatasetSource } from '../../gpu-embedder/index/source/dataset-source.ts';
import { openLocalModel } from '../../gpu-embedder/operate/search/local-model.ts';
import { writeNanModel } from '../setup/nan-model.ts';
import { writeTinyModel } from '../../gpu-embedder/learn/model/tiny-model.ts';

const root = mkdtempSync(join(tmpdir(), 'diptych-encode-'));
const at = (...path: string[]) => join(root, ...path);
const colours = ['red', 'green', 'blue', 'teal', 'gold', 'black', 'pink'];
const base = { model: at('tiny'), data: at('data'), collection: 'test' };
let model: EmbeddingModel;

beforeAll(async () => {
  await writeTinyModel(at('tiny'));
  await writeTinyModel(at('other'), { seed: 2 });
  await mkdir(at('images'));
  for (const background of colours) {
    const image = sharp({ create: { width: 48, height: 48, channels: 3, background } });
    await image.png().toFile(at('images', `${background}.png`));
  }
  // The last caption is a special token. The model does not know it as a word.
  const rows = [...colours.map((name) => `${name}.png,a colour`), 'red.png,<pad>'];
  await writeFile(at('captions.csv'), ['image,caption', ...rows].join('\n'));
  const source = { images: at('images'), captions: at('captions.csv') };
  await prepareFolder({ ...source, out: at('data') });
  await prepareFolder({ ...source, out: at('data-32'), imageSize: 32 });
  model = await loadModel(at('tiny'));
});
afterAll(async () => {
  await model.dispose();
  rmSync(root, { recursive: true, force: true });
});

const row = (vectors: Float32Array, i: number) => vectors.subarray(32 * i, 32 * (i + 1));
const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i], 0);
const itemIds = (data: string) =>
  readFileSync(join(data, 'items.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { id: string }).id);

it('writes a unit vector for each image and each distinct caption, in the order of items', async () => {
  const out = at('out');
  const result = await encodeDataset({ ...base, out, batchSize: 3 });
  expect(result).toMatchObject({ unchanged: false, images: 7, captionsSkipped: 1 });
  expect(result.encoded).toMatchObject({ images: 7 });
  expect(result.substituted).toEqual([]);
  const embeddings = await readEmbeddings(out);
  expect(embeddings.model).toEqual({ id: 'tiny', hash: model.hash, embedDim: 32 });
  for (const [i, id] of itemIds(base.data).entries()) {
    const expected = await model.embedImages([readFileSync(at('images', id))]);
    expect(cosine(row(embeddings.image, i), expected), id).toBeGreaterThan(0.99999);
  }
  expect(embeddings.captionTexts.map(({ text }) => text)).not.toContain('<pad>');
  const shared = embeddings.captionTexts.findIndex(({ text }) => text === 'a colour');
  expect(embeddings.captionTexts[shared].items).toEqual([0, 1, 2, 3, 4, 5, 6]);
  const expected = await model.embedTexts(['a colour']);
  expect(cosine(row(embeddings.caption, shared), expected)).toBeGreaterThan(0.99999);
});

it('uses prepared pixels of the right size, with the same result', async () => {
  await encodeDataset({ ...base, data: at('data-32'), out: at('out-32') });
  const [prepared, decoded] = [await readEmbeddings(at('out-32')), await readEmbeddings(at('out'))];
  for (let i = 0; i < 7; i++) {
    expect(cosine(row(prepared.image, i), row(decoded.image, i))).toBeGreaterThan(0.9999);
  }
});

it('leaves finished embeddings alone until model or data change', async () => {
  const again = await encodeDataset({ ...base, out: at('out') });
  expect(again).toMatchObject({ unchanged: true, images: 7 });
  const other = await encodeDataset({ ...base, out: at('out-other') });
  expect(other.unchanged).toBe(false);
  const changed = await encodeDataset({ ...base, model: at('other'), out: at('out-other') });
  expect(changed).toMatchObject({ unchanged: false, encoded: { images: 7 } });
  const vectors = (dir: string) => readEmbeddings(dir).then(({ image }) => image);
  expect(await vectors(at('out-other'))).not.toEqual(await vectors(at('out')));
});

it('encodes only the captions that the same model has not encoded before', async () => {
  const out = at('out-changed');
  await encodeDataset({ ...base, out });
  const before = await readEmbeddings(out);
  const rows = [...colours.map((name) => `${name}.png,a colour`), 'red.png,a new square'];
  await writeFile(at('changed.csv'), ['image,caption', ...rows].join('\n'));
  await prepareFolder({ images: at('images'), captions: at('changed.csv'), out: at('changed') });

  const { encoded, reused } = await encodeDataset({ ...base, data: at('changed'), out });
  expect([encoded.captions, reused.captions]).toEqual([1, 1]);
  const after = await readEmbeddings(out);
  const rowOf = ({ captionTexts, caption }: typeof after, wanted: string) =>
    row(
      caption,
      captionTexts.findIndex(({ text }) => text === wanted),
    );
  expect(rowOf(after, 'a colour')).toEqual(rowOf(before, 'a colour'));
  const fresh = await model.embedTexts(['a new square']);
  expect(cosine(rowOf(after, 'a new square'), fresh)).toBeGreaterThan(0.99999);

  const other = await encodeDataset({ ...base, model: at('other'), data: at('changed'), out });
  expect([other.encoded.captions, other.reused.captions]).toEqual([2, 0]);
});

it('continues a run that was interrupted within a row', async () => {
  const out = at('out-resumed');
  await encodeDataset({ ...base, out });
  const whole = await readEmbeddings(out);
  // These are the files of a run that was killed in the fifth row. The rows it wrote are marked, to
  // see whether the next run keeps them.
  const { formatVersion, model: encoder, dataset } = whole;
  await writeFile(join(out, 'encoding.json'), JSON.stringify({ formatVersion, model: encoder, dataset })); // prettier-ignore
  await rm(join(out, 'embeddings.json'));
  const mark = new Float32Array(4 * 32).fill(Math.sqrt(1 / 32));
  const rows = await openPartialRows(join(out, 'image.partial'), 32);
  await rows.append(mark);
  await rows.close();
  await appendFile(join(out, 'image.partial'), new Uint8Array(50));

  const resumed = await encodeDataset({ ...base, out, batchSize: 2 });
  expect(resumed.encoded.images).toBe(3);
  const { image } = await readEmbeddings(out);
  expect(image.subarray(0, mark.length)).toEqual(mark);
  for (const i of [4, 5, 6]) {
    expect(cosine(row(image, i), row(whole.image, i))).toBeGreaterThan(0.99999);
  }
});

it('drops the batches of an interrupted run from the first damaged one on', async () => {
  const out = at('out-flipped');
  await encodeDataset({ ...base, out });
  const whole = await readEmbeddings(out);
  const { formatVersion, model: encoder, dataset } = whole;
  await writeFile(join(out, 'encoding.json'), JSON.stringify({ formatVersion, model: encoder, dataset })); // prettier-ignore
  await rm(join(out, 'embeddings.json'));
  const path = join(out, 'image.partial');
  const rows = await openPartialRows(path, 32);
  for (const first of [0, 2, 4]) {
    await rows.append(whole.image.slice(32 * first, 32 * (first + 2)));
  }
  await rows.close();
  const bytes = await readFile(path);
  bytes[3 * 128 + 5] ^= 1;
  await writeFile(path, bytes);

  const resumed = await encodeDataset({ ...base, out, batchSize: 2 });
  expect(resumed.encoded.images).toBe(5);
  expect((await readEmbeddings(out)).image).toEqual(whole.image);
});

it('starts again if the interrupted run had another model', async () => {
  const out = at('out-stale');
  await encodeDataset({ ...base, model: at('other'), out });
  await rename(join(out, 'image.f32'), join(out, 'image.partial'));
  await rename(join(out, 'embeddings.json'), join(out, 'encoding.json'));
  const result = await encodeDataset({ ...base, out });
  expect(result.encoded.images).toBe(7);
});

it('encodes and reports the prepared pixels of an original that was damaged later', async () => {
  const before = await readEmbeddings(at('out'));
  await writeFile(at('images', 'gold.png'), 'no image');
  await rm(at('images', 'teal.png'));
  const out = at('out-broken');
  const { images, substituted } = await encodeDataset({ ...base, out });
  expect(images).toBe(7);
  const ids = itemIds(base.data);
  expect(new Set(substituted.map(({ item }) => item))).toEqual(new Set(['gold.png', 'teal.png']));
  for (const { item, reason } of substituted) {
    expect(reason).toMatch(item === 'gold.png' ? /expected PNG.*got text/ : /ENOENT/);
    const i = ids.indexOf(item);
    const { image } = await readEmbeddings(out);
    expect(cosine(row(image, i), row(before.image, i))).toBeGreaterThan(0.999);
  }
});

describe('a model that answers NaN for the black image', () => {
  const nan = { ...base, model: at('nan'), out: at('out-nan') };
  beforeAll(() => writeNanModel(at('nan')));

  it('leaves the image and its own captions out of the embeddings and the index, by name', async () => {
    await writeFile(
      at('named.csv'),
      'image,caption\nred.png,dog\nblack.png,dog\nblack.png,house\n',
    );
    const data = at('data-named');
    await prepareFolder({ images: at('images'), captions: at('named.csv'), out: data });
    const result = await encodeDataset({ ...nan, data });
    expect(result).toMatchObject({ images: 1, captions: 1, captionsSkipped: 0 });
    expect(result.failed).toEqual([
      { kind: 'image', name: 'black.png', reason: 'the model answered NaN' },
      { kind: 'caption', name: 'house', reason: 'no image that it describes has an embedding' },
    ]);
    expect(await encodeDataset({ ...nan, data })).toMatchObject({ unchanged: true, images: 1 });
    const source = await openDatasetSource({ embeddings: nan.out, data });
    expect(source.items.map(({ id }) => id)).toEqual(['red.png']);
    expect(source.notEncoded).toEqual(['black.png']);
    expect(source.captionTexts).toEqual([{ text: 'dog', items: [0] }]);
    expect((await source.readImage(0)).bytes).toEqual(readFileSync(at('images', 'red.png')));
  });

  it('tells the reason for each image that an embedder is sent, and for a query', async () => {
    const loaded = await loadModel(at('nan'));
    const embedder = directEmbedder(loaded, { decodeThreads: 1 });
    const bytes = (name: string) => readFileSync(at('images', `${name}.png`));
    const images = ['red', 'black'].map((name) => ({ bytes: bytes(name), type: 'image/png' }));
    const { failed, embeddings } = await embedder.encode(images, ['<pad>']);
    expect(failed.map(({ kind, index, message }) => `${kind} ${index}: ${message}`)).toEqual([
      'image 1: the model has no embedding for it: the model answered NaN',
      'text 0: the model has no embedding for it: no word of the text is known',
    ]);
    expect(embeddings.every(Number.isFinite)).toBe(true);
    await embedder.close();
    await loaded.dispose();

    const query = await openLocalModel(at('nan'), { precise: true });
    const black = query.encodeImage(new Uint8Array(bytes('black')), query.decodeImage);
    await expect(black).rejects.toMatchObject({ code: 'no_embedding' });
    await query.dispose();
  });
});

it('names a missing data set', async () => {
  await expect(encodeDataset({ ...base, data: at('none'), out: at('x') })).rejects.toMatchObject({
    code: 'not_prepared',
  });
});

it('decodes a pictogram to the pixels that prepare stored', async () => {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="9" fill="#e53" opacity=".7"/><path d="M3 21 21 3" stroke="#135" stroke-width="2"/></svg>';
  const decoded = await decodeForModel(Buffer.from(svg), model.imageRule);
  const prepared = preparedRgb(await renderSvg(svg, 32));
  const differences = decoded.map((value, i) => Math.abs(value - prepared[i]));
  expect(Math.max(...differences)).toBeLessThanOrEqual(1);
});
