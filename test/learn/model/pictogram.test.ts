import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  AutoTokenizer,
  CLIPTextModelWithProjection,
  CLIPVisionModelWithProjection,
  Tensor,
  env,
} from '@huggingface/transformers';
import { beforeAll, expect, test } from 'vitest';
import type { EmbeddingModel } from '../../../gpu-embedder/embed/load-model.ts';
import { loadModel } from '../../../gpu-embedder/embed/load-model.ts';
import { edgeWeights } from '../../../gpu-embedder/learn/model/edge-weights.ts';
import { loadWasm } from '../../../gpu-embedder/common/wasm-modules.ts';
import { createImageEncoder } from '../../../src/encoder/image-encoder.ts';
import { createTextEncoder } from '../../../src/encoder/text-encoder.ts';
import type { TokenizerJson } from '../../../src/text/tokenizer-json.ts';
import { createTokenizer } from '../../../src/text/tokenizer.ts';

/** The committed starter model: three ways to run it must agree. */
const dir = 'models/pictogram';
const texts = ['birthday cake', 'Angry face', 'cerveza', '犬', 'a shopping cart with wheels'];
let model: EmbeddingModel;

beforeAll(async () => {
  Object.assign(env, { allowLocalModels: true, allowRemoteModels: false });
  env.localModelPath = 'models/';
  model = await loadModel(dir);
});

function cosines(a: ArrayLike<number>, b: ArrayLike<number>, rows: number): number[] {
  const width = a.length / rows;
  return Array.from({ length: rows }, (_, row) => {
    let [dot, aa, bb] = [0, 0, 0];
    for (let i = row * width; i < (row + 1) * width; i++) {
      dot += a[i] * b[i];
      aa += a[i] ** 2;
      bb += b[i] ** 2;
    }
    return dot / Math.sqrt(aa * bb);
  });
}

const side = 48;
const pixels = side * side;
/** Two pictures of coloured stripes, RGB8. */
const rgb = Uint8Array.from(
  { length: 2 * 3 * pixels },
  (_, i) => (Math.floor(i / 12) * 53 + (i % 3) * 80) % 256,
);
const pictures = [rgb.subarray(0, 3 * pixels), rgb.subarray(3 * pixels)];

test('it takes at most 12 MB', () => {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true });
  const bytes = files
    .filter((file) => file.isFile())
    .reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
  expect(bytes).toBeLessThanOrEqual(12e6);
});

test('transformers.js embeds text as we do', async () => {
  const tokenizer = await AutoTokenizer.from_pretrained('pictogram');
  const clip = await CLIPTextModelWithProjection.from_pretrained('pictogram', { dtype: 'fp32' });
  const { text_embeds } = await clip(tokenizer(texts, { padding: true, truncation: true }));
  const own = await model.embedTexts(texts);
  for (const c of cosines(text_embeds.data, own, texts.length)) expect(c).toBeGreaterThan(0.999);
});

test('transformers.js embeds pictures as we do', async () => {
  const clip = await CLIPVisionModelWithProjection.from_pretrained('pictogram', { dtype: 'fp32' });
  const values = new Float32Array(rgb.length);
  pictures.forEach((picture, image) =>
    picture.forEach((x, i) => {
      const channel = 3 * image + (i % 3);
      values[channel * pixels + Math.floor(i / 3)] = (x / 255 - 0.75) / 0.3;
    }),
  );
  const pixel_values = new Tensor('float32', values, [2, 3, side, side]);
  const { image_embeds } = await clip({ pixel_values });
  const own = await model.embedPixels(rgb);
  for (const c of cosines(image_embeds.data, own, 2)) expect(c).toBeGreaterThan(0.999);
});

test('the edge kernels embed text and pictures as ONNX Runtime does', async () => {
  const weights = await edgeWeights(dir);
  const kernel = await loadWasm('encoder');
  const textEncoder = createTextEncoder(kernel, weights.text);
  const imageEncoder = createImageEncoder(kernel, weights.image);
  const json = JSON.parse(readFileSync(join(dir, 'tokenizer.json'), 'utf8')) as TokenizerJson;
  const tokenizer = createTokenizer(json, { contextLength: model.contextLength });
  const own = await model.embedTexts(texts);
  const edge = texts.flatMap((text) => [...textEncoder.encode(tokenizer.encode(text).ids)]);
  for (const c of cosines(edge, own, texts.length)) expect(c).toBeGreaterThan(0.999);
  const images = pictures.flatMap((picture) => [...imageEncoder.encode(picture)]);
  const whole = await model.embedPixels(rgb);
  for (const c of cosines(images, whole, pictures.length)) expect(c).toBeGreaterThan(0.999);
});
