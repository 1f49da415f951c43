import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import {
  AutoProcessor,
  AutoTokenizer,
  CLIPTextModelWithProjection,
  CLIPVisionModelWithProjection,
  RawImage,
  env,
} from '@huggingface/transformers';
import * as ort from 'onnxruntime-node';
import { beforeAll, expect, test } from 'vitest';
import { writeTinyModel } from '../../../gpu-embedder/learn/model/tiny-model.ts';

const dir = join(mkdtempSync(join(tmpdir(), 'diptych-')), 'tiny');
const open = (name: string) => ort.InferenceSession.create(join(dir, 'onnx', name));

beforeAll(async () => {
  await writeTinyModel(dir);
  Object.assign(env, { allowLocalModels: true, allowRemoteModels: false });
  env.localModelPath = dirname(dir);
});

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i] * b[i];
    aa += a[i] ** 2;
    bb += b[i] ** 2;
  }
  return dot / Math.sqrt(aa * bb);
}

async function textEmbeds(ids: bigint[][]): Promise<Float32Array> {
  const session = await open('text_model.onnx');
  const shape = [ids.length, ids[0].length];
  const input_ids = new ort.Tensor('int64', BigInt64Array.from(ids.flat()), shape);
  return (await session.run({ input_ids }))['text_embeds'].data as Float32Array;
}

test('padding and the company of other texts change nothing', async () => {
  const alone = await textEmbeds([[5n, 9n]]);
  const padded = await textEmbeds([
    [5n, 9n, 0n, 0n],
    [7n, 8n, 9n, 10n],
  ]);
  expect(cosine(alone, padded.subarray(0, alone.length))).toBeGreaterThan(0.99999);
});

test('transformers.js loads the text tower and gives the same embedding', async () => {
  const name = basename(dir);
  const tokenizer = await AutoTokenizer.from_pretrained(name);
  const model = await CLIPTextModelWithProjection.from_pretrained(name, { dtype: 'fp32' });
  const inputs = tokenizer(['birthday cake', '犬'], { padding: true, truncation: true });
  const { text_embeds } = await model(inputs);
  const ids = inputs.input_ids.tolist() as bigint[][];
  expect(cosine(text_embeds.data, await textEmbeds(ids))).toBeGreaterThan(0.99999);
});

test('transformers.js loads the image tower and gives the same embedding', async () => {
  const name = basename(dir);
  const processor = await AutoProcessor.from_pretrained(name);
  const model = await CLIPVisionModelWithProjection.from_pretrained(name, { dtype: 'fp32' });
  const pixels = Uint8ClampedArray.from({ length: 32 * 32 * 3 }, (_, i) => (i * 37) % 256);
  const inputs = await processor(new RawImage(pixels, 32, 32, 3));
  const { image_embeds } = await model(inputs);
  const session = await open('vision_model.onnx');
  // (x / 255 - 0.75) / 0.3, channels first
  const values = new Float32Array(pixels.length);
  pixels.forEach((x, i) => (values[(i % 3) * 1024 + Math.floor(i / 3)] = (x / 255 - 0.75) / 0.3));
  const { image_embeds: own } = await session.run({
    pixel_values: new ort.Tensor('float32', values, [1, 3, 32, 32]),
  });
  expect(cosine(image_embeds.data, own.data as Float32Array)).toBeGreaterThan(0.999);
});
