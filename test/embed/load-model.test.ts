import { mkdtempSync, rmSync } from 'node:fs';
import { cp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel, type EmbeddingModel } from '../../gpu-embedder/embed/load-model.ts';
import { writeTinyModel } from '../../gpu-embedder/learn/model/tiny-model.ts';
import { writeClipFolder } from '../common/model-folder/write-clip-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'diptych-load-'));
const tiny = join(root, 'tiny');

beforeAll(() => writeTinyModel(tiny));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const norm = (row: Float32Array) => Math.hypot(...row);
const unit = (...counts: number[]) => {
  const length = Math.hypot(...counts);
  return counts.map((count) => count / length);
};
function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(got.length).toBe(expected.length);
  for (let i = 0; i < got.length; i++) expect(got[i], `element ${i}`).toBeCloseTo(expected[i], 5);
}

/** Red, green and blue stripes side by side, each 20 x 20. */
async function stripes(): Promise<Uint8Array> {
  const stripe = (background: string) =>
    sharp({ create: { width: 20, height: 20, channels: 3, background } })
      .png()
      .toBuffer();
  const [red, green, blue] = await Promise.all(['#f00', '#0f0', '#00f'].map(stripe));
  return sharp({ create: { width: 60, height: 20, channels: 3, background: '#000' } })
    .composite([
      { input: red, left: 0, top: 0 },
      { input: green, left: 20, top: 0 },
      { input: blue, left: 40, top: 0 },
    ])
    .png()
    .toBuffer();
}

describe("one of Diptych's own models", () => {
  let model: EmbeddingModel;
  beforeAll(async () => {
    model = await loadModel(tiny);
  });
  afterAll(() => model.dispose());

  it('describes itself', () => {
    const { id, family, embedDim, imageSize, contextLength, hash } = model;
    expect({ id, family, embedDim, imageSize, contextLength }).toEqual({
      id: 'tiny',
      family: 'diptych',
      embedDim: 32,
      imageSize: 32,
      contextLength: 16,
    });
    expect(model.logitScale).toBeCloseTo(Math.log(20));
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
  });

  it('embeds a text to the same unit vector alone and beside a longer one', async () => {
    const [alone, batch] = [
      await model.embedTexts(['dog']),
      await model.embedTexts(['a birthday cake and an angry face', 'dog']),
    ];
    expect(norm(alone)).toBeCloseTo(1, 5);
    expectClose(batch.subarray(32), alone);
    expect(batch.subarray(0, 32)).not.toEqual(alone);
  });

  it('embeds a text without a known word to zeros, never to NaN', async () => {
    const embeddings = await model.embedTexts(['', 'dog']);
    expect(embeddings.subarray(0, 32)).toEqual(new Float32Array(32));
    expect(norm(embeddings.subarray(32))).toBeCloseTo(1, 5);
  });

  it('sees whole images, on white', async () => {
    const wide = await sharp({
      create: { width: 32, height: 16, channels: 4, background: '#00f' },
    })
      .png()
      .toBuffer();
    const rgb = new Uint8Array(32 * 32 * 3).fill(255);
    for (let i = 8 * 32; i < 24 * 32; i++) rgb.set([0, 0, 255], 3 * i);
    expectClose(await model.embedImages([wide]), await model.embedPixels(rgb));
    const clear = await sharp({
      create: { width: 32, height: 32, channels: 4, background: { r: 9, g: 9, b: 9, alpha: 0 } },
    })
      .png()
      .toBuffer();
    expectClose(
      await model.embedImages([clear]),
      await model.embedPixels(new Uint8Array(32 * 32 * 3).fill(255)),
    );
  });

  it('accepts bytes or pixel_values of any number of images, and refuses another size', async () => {
    const count = 70;
    const rgb = Uint8Array.from({ length: count * 32 * 32 * 3 }, (_, i) => (i * 7919) % 251);
    const all = await model.embedPixels(rgb);
    expect(all.length).toBe(count * 32);
    expectClose(all.subarray(69 * 32), await model.embedPixels(rgb.subarray(69 * 32 * 32 * 3)));
    await expect(model.embedPixels(new Float32Array(100))).rejects.toThrow(
      'expected a multiple of 3 x 32 x 32 = 3072 values, got 100',
    );
  });

  it('refuses a file that is not an image', async () => {
    await expect(model.embedImages([new Uint8Array([1, 2, 3])])).rejects.toMatchObject({
      code: 'unsupported_image',
    });
  });
});

describe('models of other projects', () => {
  it('feeds CLIP a mask, keeps the last token when it truncates, crops the centre', async () => {
    const dir = join(root, 'clip');
    await writeClipFolder(dir, 'clip');
    const model = await loadModel(dir);
    const [short, long] = [
      await model.embedTexts(['a']),
      await model.embedTexts(['A a b c d', 'd']),
    ];
    // <s> </s> <pad> [UNK] a b c d
    expectClose(short, unit(1, 1, 0, 0, 1, 0, 0, 0));
    expectClose(long, [...unit(1, 1, 0, 0, 2, 1, 0, 0), ...unit(1, 1, 0, 0, 0, 0, 0, 1)]);
    const green = await model.embedImages([await stripes()]);
    expect(green[1]).toBeGreaterThan(0.99);
    await model.dispose();
  });

  it('pads SigLIP to the full length and squeezes the image', async () => {
    const dir = join(root, 'siglip');
    await writeClipFolder(dir, 'siglip');
    const model = await loadModel(dir);
    expectClose(await model.embedTexts(['a']), unit(1, 1, 2, 0, 1, 0, 0, 0));
    const [red, green, blue] = await model.embedImages([await stripes()]);
    expect(Math.min(red, green, blue)).toBeGreaterThan(0.4);
    await model.dispose();
  });
});

describe('a folder that is not a model', () => {
  const broken = join(root, 'broken');
  const load = async (change: () => Promise<void>) => {
    await rm(broken, { recursive: true, force: true });
    await cp(tiny, broken, { recursive: true });
    await change();
    return loadModel(broken);
  };
  const cases: readonly (readonly [string, () => Promise<void>, RegExp])[] = [
    ['a missing tower', () => rm(join(broken, 'onnx/vision_model.onnx')), /vision_model\.onnx: expected this ONNX file .*, got none/], // prettier-ignore
    ['a tower that is no ONNX', () => writeFile(join(broken, 'onnx/text_model.onnx'), 'no'), /text_model\.onnx: onnxruntime cannot open it/], // prettier-ignore
    ['a missing config', () => rm(join(broken, 'config.json')), /config\.json: expected a file of a model.* got no such file/], // prettier-ignore
    ['a config that is no JSON', () => writeFile(join(broken, 'config.json'), '{'), /config\.json: expected JSON, got/], // prettier-ignore
    ['a config of an unknown model', () => writeFile(join(broken, 'config.json'), '{"model_type":"bert"}'), /expected .*clip or siglip, got model_type "bert"/], // prettier-ignore
    ['a config without dimension', () => writeFile(join(broken, 'config.json'), '{"diptych":{}}'), /config\.json: diptych\.architecture/], // prettier-ignore
    ['a tokenizer that is none', () => writeFile(join(broken, 'tokenizer.json'), '[]'), /tokenizer\.json: expected a JSON object, got an array/], // prettier-ignore
  ];
  it.each(cases)('is refused: %s', async (_, change, message) => {
    const failure = load(change);
    await expect(failure).rejects.toMatchObject({ code: 'unreadable_model' });
    await expect(failure).rejects.toThrow(message);
  });

  it('has another hash if any file changes', async () => {
    const [before, again] = [await loadModel(tiny), await load(async () => {})];
    expect(again.hash).toBe(before.hash);
    const changed = await load(() => writeClipFolder(broken, 'clip'));
    expect(changed.hash).not.toBe(before.hash);
    await Promise.all([before, again, changed].map((model) => model.dispose()));
  });

  it('is neither folder nor hub id', async () => {
    await expect(loadModel(join(root, 'nowhere'))).rejects.toThrow(
      /nowhere: expected a model folder or a hub id of the form OWNER\/NAME/,
    );
  });
});
