import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModelFiles } from '../../../gpu-embedder/common/model-folder/model-files.ts';
import { padTokenId, padTokens } from '../../../gpu-embedder/common/model-folder/tokenise-texts.ts';
import { loadWasm } from '../../../gpu-embedder/common/wasm-modules.ts';
import { loadModel } from '../../../gpu-embedder/embed/load-model.ts';
import type { LoadedModel } from '../../../gpu-embedder/embed/load-model.ts';
import { openEdgeWeights } from '../../../gpu-embedder/learn/model/edge-weights.ts';
import { openSession, tensor } from '../../../gpu-embedder/learn/onnx/session.ts';
import { createImageEncoder } from '../../../src/encoder/image-encoder.ts';
import { readWeights } from '../../../src/encoder/read-weights.ts';
import { createTextEncoder } from '../../../src/encoder/text-encoder.ts';
import { toPixelValues } from '../../../src/image/preprocess.ts';
import type { TokenizerJson } from '../../../src/text/tokenizer-json.ts';
import { createTokenizer } from '../../../src/text/tokenizer.ts';
import { writeHubModel } from '../../support/hub-models/write-hub-model.ts';
import type { HubModelOptions } from '../../support/hub-models/write-hub-model.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'diptych-hub-edge-'));
});
afterAll(() => rm(root, { recursive: true }));

interface Case extends HubModelOptions {
  readonly name: string;
  readonly family: 'clip' | 'siglip';
  /** Least cosine to onnxruntime in float32. */
  readonly least: number;
}

const cases: Case[] = [
  { name: 'CLIP', family: 'clip', least: 0.998 },
  { name: 'CLIP of LAION', family: 'clip', activation: 'gelu', least: 0.998 },
  { name: 'CLIP in float16', family: 'clip', storage: 'fp16', least: 0.998 },
  // One scale for a whole matrix: the file itself is this far from float32.
  { name: 'CLIP in uint8', family: 'clip', storage: 'uint8', least: 0.99 },
  { name: 'CLIP with external data', family: 'clip', storage: 'external', least: 0.998 },
  { name: 'CLIP of open_clip', family: 'clip', exporter: 'open_clip', least: 0.998 },
  {
    name: 'CLIP of open_clip in uint8',
    ...{ family: 'clip', exporter: 'open_clip', storage: 'uint8', least: 0.99 },
  },
  { name: 'MobileCLIP2', family: 'clip', exporter: 'open_clip without mask', least: 0.998 },
  { name: 'SigLIP', family: 'siglip', least: 0.998 },
  { name: 'SigLIP in uint8', family: 'siglip', storage: 'uint8', least: 0.99 },
];

describe.each(cases)('the edge towers of $name', ({ name, family, least, ...options }) => {
  let dir: string;
  let reference: string;
  let exact: LoadedModel;
  beforeAll(async () => {
    dir = join(root, name);
    await writeHubModel(dir, family, options);
    reference = join(root, `${name} in float32`);
    await writeHubModel(reference, family, { ...options, storage: 'fp32' });
    exact = await loadModel(reference);
  });
  afterAll(() => exact.dispose());

  const causal = family === 'clip' && options.exporter !== 'open_clip without mask';
  const activation = family === 'siglip' ? 'gelu-tanh' : (options.activation ?? 'quick-gelu');

  it('embed as onnxruntime does', async () => {
    const { text, image, notUnderstood, description } = await openEdgeWeights(dir);
    expect(notUnderstood).toEqual({});
    const { contextLength, imageSize, preprocessing } = description;
    const json = (await readModelFiles(dir)).tokenizer as unknown as TokenizerJson;
    const tokenizer = createTokenizer(json, { contextLength });
    const weights = { text: await text!(), image: await image!() };
    expect(readWeights(weights.text, 'text')).toMatchObject({
      ...{ width: 32, depth: 2, heads: 2, activation, causal },
      ...{ pooling: family === 'clip' ? 'end' : 'last', end: tokenizer.end[0] },
      padding: causal ? null : padTokenId(await readModelFiles(dir)),
    });
    const words = createTextEncoder(loadWasm('encoder'), weights.text);
    for (const query of ['dog', 'a photo of a Red circle', 'green '.repeat(40)]) {
      const { ids } = tokenizer.encode(query);
      const expected = await embedPadded(reference, ids, contextLength);
      expect(dot(words.encode(ids), expected), query).toBeGreaterThan(least);
    }
    const pixels = Uint8Array.from({ length: imageSize ** 2 * 3 }, (_, i) => (i * i * 7) % 251);
    const values = toPixelValues(pixels, preprocessing);
    const got = createImageEncoder(loadWasm('encoder'), weights.image).encode(pixels);
    expect(dot(got, await exact.embedPixels(values))).toBeGreaterThan(least);
  });
});

it('describes the model, with its own resize and crop', async () => {
  const dir = join(root, 'described');
  await writeHubModel(dir, 'clip');
  const { description } = await openEdgeWeights(dir);
  expect(description).toMatchObject({
    ...{ id: 'described', embedDim: 24, imageSize: 32, contextLength: 16 },
    logitScale: Math.log(100),
    preprocessing: {
      resize: { kind: 'shortest', side: 32 },
      crop: { width: 32, height: 32 },
      resample: 3,
    },
  });
});

it('leaves out a tower that it does not understand, and says where', async () => {
  const dir = join(root, 'changed');
  await writeHubModel(dir, 'siglip');
  const path = join(dir, 'onnx/vision_model.onnx');
  const bytes = (await readFile(path)).toString('latin1');
  await writeFile(path, bytes.replaceAll('Tanh', 'Asin'), 'latin1');
  const { text, image, notUnderstood } = await openEdgeWeights(dir);
  expect(text).not.toBeNull();
  expect(image).toBeNull();
  expect(notUnderstood).toEqual({
    image: expect.stringMatching(
      /vision_model\.onnx: Mul \S+: expected one of relu, quick-gelu, gelu, gelu-tanh/,
    ),
  });
});

/** Some exporters fix the length of texts, so all are padded. */
async function embedPadded(
  dir: string,
  ids: readonly number[],
  contextLength: number,
): Promise<Float32Array> {
  const padId = padTokenId(await readModelFiles(dir));
  const { inputIds, attentionMask } = padTokens([ids], padId, contextLength);
  const session = await openSession(join(dir, 'onnx/text_model.onnx'));
  const shape = [1, contextLength];
  const feeds = {
    input_ids: tensor(inputIds, shape, 'int64'),
    ...(session.inputNames.includes('attention_mask')
      ? { attention_mask: tensor(attentionMask, shape, 'int64') }
      : {}),
  };
  const results = await session.run(feeds);
  await session.close();
  const data = (results.text_embeds ?? results.pooler_output).data as Float32Array;
  const length = Math.hypot(...data);
  return data.map((x) => x / length);
}

/** The cosine, since all embeddings have length 1. */
function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, x, i) => sum + x * b[i], 0);
}
