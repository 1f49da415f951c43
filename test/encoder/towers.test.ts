import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { edgeWeights } from '../../gpu-embedder/learn/model/edge-weights.ts';
import type { EdgeWeights } from '../../gpu-embedder/learn/model/edge-weights.ts';
import { exportImported } from '../../gpu-embedder/learn/model/import/export-imported.ts';
import { openSession, tensor } from '../../gpu-embedder/learn/onnx/session.ts';
import { createRandom } from '../../gpu-embedder/common/random.ts';
import { loadWasm } from '../../gpu-embedder/common/wasm-modules.ts';
import { createEncoderMemory } from '../../src/encoder/encoder-memory.ts';
import { createImageEncoder } from '../../src/encoder/image-encoder.ts';
import { createTextEncoder, openTextEncoder } from '../../src/encoder/text-encoder.ts';
import { writeWeights } from '../../src/encoder/write-weights.ts';
import { toPixelValues } from '../../src/image/preprocess.ts';
import { writeInt8Model } from './int8-model.ts';

let folder: string;
let weights: EdgeWeights;
const random = createRandom(3);
const module = loadWasm('encoder');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diptych-towers-'));
  await writeInt8Model(join(folder, 'model'), { seed: 5 });
  weights = await edgeWeights(join(folder, 'model'));
});
afterAll(() => rm(folder, { recursive: true }));

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return dot / Math.sqrt(aa * bb);
}

describe('text tower', () => {
  it('equals onnxruntime at every length', async () => {
    const session = await openSession(join(folder, 'model/onnx/text_model.onnx'), { threads: 1 });
    const encoder = createTextEncoder(module, weights.text.buffer);
    const { contextLength } = weights.description;
    for (let length = 1; length <= contextLength; length++) {
      const ids = Array.from({ length }, () => 1 + Math.floor(random.uniform() * 250));
      const padded = BigInt64Array.from({ length: contextLength }, (_, i) => BigInt(ids[i] ?? 0));
      const feeds = { input_ids: tensor(padded, [1, contextLength], 'int64') };
      const { text_embeds: expected } = await session.run(feeds);
      const actual = encoder.encode(ids);
      expect(actual).toHaveLength(weights.description.embedDim);
      expect(cosine(actual, expected.data as Float32Array)).toBeGreaterThan(0.9999);
      expect(Math.hypot(...actual)).toBeCloseTo(1, 5);
      expect(encoder.encode([...ids, 0, 0])).toEqual(actual);
    }
    await session.close();
  });

  it('refuses no tokens, too many, and ids that the vocabulary lacks', () => {
    const encoder = createTextEncoder(module, weights.text);
    expect(() => encoder.encode([])).toThrow(/at least 1 token/);
    expect(() => encoder.encode([0, 0])).toThrow(/at least 1 token/);
    expect(() => encoder.encode(new Array(17).fill(5))).toThrow(/at most 16.*17/);
    expect(() => encoder.encode([5, 1e6])).toThrow(/token id 1.*1000000/);
    expect(() => encoder.encode([5, 0, 5])).toThrow(/token id 1/);
  });
});

describe('image tower', () => {
  it('equals onnxruntime', async () => {
    const session = await openSession(join(folder, 'model/onnx/vision_model.onnx'), { threads: 1 });
    const encoder = createImageEncoder(module, weights.image);
    const { imageSize, preprocessing } = weights.description;
    for (let image = 0; image < 5; image++) {
      const pixels = Uint8Array.from({ length: imageSize * imageSize * 3 }, (_, i) =>
        image === 0 ? 255 : 256 * random.uniform() * (i % (image + 1) === 0 ? 1 : 0.5),
      );
      const values = toPixelValues(pixels, preprocessing);
      const feeds = { pixel_values: tensor(values, [1, 3, imageSize, imageSize]) };
      const { image_embeds: expected } = await session.run(feeds);
      const actual = encoder.encode(pixels);
      expect(cosine(actual, expected.data as Float32Array)).toBeGreaterThan(0.9999);
      expect(encoder.encode(pixels), 'nothing of a call is left for the next').toEqual(actual);
    }
    await session.close();
  });

  it('refuses pixels of another size', () => {
    const encoder = createImageEncoder(module, weights.image);
    expect(() => encoder.encode(new Uint8Array(12))).toThrow(/expected 3072 bytes.*got 12/);
  });
});

describe('weights', () => {
  it('may be streamed into the memory piece by piece', () => {
    const memory = createEncoderMemory(module, weights.text.byteLength);
    for (let at = 0; at < weights.text.length; at += 1000) {
      memory.weights.set(weights.text.subarray(at, at + 1000), at);
    }
    const expected = createTextEncoder(module, weights.text).encode([7, 8, 9]);
    expect(openTextEncoder(memory).encode([7, 8, 9])).toEqual(expected);
  });

  it('are refused when a bit is wrong, wherever it is', () => {
    for (const at of [0, 5, 9, 13, 17, 300, weights.text.length >> 1, weights.text.length - 1]) {
      const damaged = weights.text.slice();
      damaged[at] ^= 64;
      expect(() => createTextEncoder(module, damaged), `byte ${at}`).toThrow(
        /text weights: .*expected .*got /,
      );
    }
  });

  it('are refused when cut off, or of the other tower', () => {
    const cut = weights.text.slice(0, -64);
    expect(() => createTextEncoder(module, cut)).toThrow(/bytes: expected/);
    expect(() => createTextEncoder(module, new ArrayBuffer(4))).toThrow(/at least 20, got 4/);
    expect(() => createTextEncoder(module, weights.image)).toThrow(
      /tower: expected text, got image/,
    );
  });

  it('are refused where the image tower has no stages', () => {
    const file = writeWeights(
      {
        ...{
          tower: 'image',
          kind: 'cnn',
          embedDim: 8,
          imageSize: 16,
          stem: 4,
          channels: [],
          blocks: [],
        },
        ...{ rescale: 1, mean: [0, 0, 0], std: [1, 1, 1] },
      },
      new Map(),
    );
    expect(() => createImageEncoder(module, file)).toThrow('expected at least one stage, got none');
  });

  it('are refused in an older format', () => {
    const older = weights.image.slice();
    older[4] = 1;
    expect(() => createImageEncoder(module, older)).toThrow(
      expect.objectContaining({
        code: 'unreadable_model',
        message:
          'image weights: format version: expected 3, got 1 (publish the collection again: that derives the weights anew)',
      }),
    );
  });

  it('cannot be derived from weights that are not numbers', async () => {
    const out = join(folder, 'infinite');
    const large = new Float32Array(3 * 32).fill(1e6);
    const name = 'text/layers.0.attention.qkv.bias';
    await exportImported(join(folder, 'model'), out, new Map([[name, large]]));
    await expect(edgeWeights(out)).rejects.toThrow(
      /text weights: layers\.0\.attention\.qkv\.bias: expected finite numbers, got Infinity at 0/,
    );
  });

  it('cannot be derived from a model of another shape', async () => {
    const dir = join(folder, 'model');
    const config = JSON.parse(await readFile(join(dir, 'config.json'), 'utf8'));
    const withWidth = structuredClone(config);
    withWidth.diptych.architecture.text.width = 36;
    await writeFile(join(dir, 'config.json'), JSON.stringify(withWidth));
    await expect(edgeWeights(dir)).rejects.toThrow(/width.*multiple of 8, got 36/);
    withWidth.diptych.architecture.text.width = 64;
    await writeFile(join(dir, 'config.json'), JSON.stringify(withWidth));
    await expect(edgeWeights(dir)).rejects.toThrow(/token_embedding\.weight.*64\].*got float16/);
    await writeFile(join(dir, 'config.json'), '{}');
    await expect(edgeWeights(dir)).rejects.toThrow(/config\.json: expected a section "diptych"/);
    await writeFile(join(dir, 'config.json'), JSON.stringify(config));
  });
});
