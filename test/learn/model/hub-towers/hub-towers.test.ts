import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readTextTower } from '../../../../gpu-embedder/learn/model/hub-towers/read-text-tower.ts';
import { readVitTower } from '../../../../gpu-embedder/learn/model/hub-towers/read-vit-tower.ts';
import { openTowerGraph } from '../../../../gpu-embedder/learn/model/hub-towers/tower-graph.ts';
import { modelProto } from '../../../../gpu-embedder/learn/onnx/onnx-schema.ts';
import { decodeModel } from '../../../../gpu-embedder/learn/onnx/read-model.ts';
import { openSession, tensor } from '../../../../gpu-embedder/learn/onnx/session.ts';
import type { HubModelOptions } from '../../../support/hub-models/write-hub-model.ts';
import { writeHubModel } from '../../../support/hub-models/write-hub-model.ts';
import { plainImage, plainText } from './plain-tower.ts';

const contextLength = 16;
const imageSize = 32;
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'diptych-hub-towers-'));
});
afterAll(() => rm(root, { recursive: true }));

interface Case extends HubModelOptions {
  readonly family: 'clip' | 'siglip';
  readonly expected: string;
  /** Least cosine to onnxruntime in float32; 8 bits for a whole matrix are coarse. */
  readonly cosine: number;
}

const cases: Case[] = [
  { family: 'clip', expected: 'quick-gelu', cosine: 0.99999 },
  { family: 'clip', activation: 'gelu', expected: 'gelu', cosine: 0.99999 },
  { family: 'clip', storage: 'fp16', expected: 'quick-gelu', cosine: 0.9999 },
  { family: 'clip', storage: 'uint8', expected: 'quick-gelu', cosine: 0.99 },
  { family: 'clip', storage: 'external', expected: 'quick-gelu', cosine: 0.99999 },
  { family: 'siglip', expected: 'gelu-tanh', cosine: 0.99999 },
  { family: 'siglip', storage: 'fp16', expected: 'gelu-tanh', cosine: 0.9999 },
  { family: 'siglip', storage: 'uint8', expected: 'gelu-tanh', cosine: 0.99 },
];

test.each(cases)('$family $activation $storage: towers are those of the file', async (options) => {
  const { family, expected, cosine: least } = options;
  const [dir, exact] = [join(root, 'model'), join(root, 'exact')];
  await rm(dir, { recursive: true, force: true });
  await writeHubModel(dir, family, options);
  await writeHubModel(exact, family, { activation: options.activation });
  const path = (name: string): string => {
    const suffix = { fp16: '_fp16', uint8: '_quantized' }[options.storage as string] ?? '';
    return join(dir, 'onnx', `${name}${suffix}.onnx`);
  };
  const config = JSON.parse(await readFile(join(dir, 'config.json'), 'utf8')) as {
    text_config: { eos_token_id: number };
  };
  const isClip = family === 'clip';
  const end = config.text_config.eos_token_id;
  const text = await readTextTower(await openTowerGraph(path('text_model'), 'text'), {
    contextLength,
    end: isClip ? end : null,
  });
  expect(text).toMatchObject({
    width: 32, depth: 2, heads: 2, hidden: 64, causal: isClip, activation: expected,
    pooling: isClip ? 'end' : 'last',
  }); // prettier-ignore
  const ids = [end - 1, 40, 7, 99, 3, end, ...Array<number>(contextLength - 6).fill(0)];
  const words = tensor(BigInt64Array.from(ids, BigInt), [1, contextLength], 'int64');
  const mask = tensor(BigInt64Array.from(ids, (_, i) => (i < 6 ? 1n : 0n)), [1, contextLength], 'int64'); // prettier-ignore
  const wantedText = await run(
    join(exact, 'onnx/text_model.onnx'),
    isClip ? 'text_embeds' : 'pooler_output',
    {
      input_ids: words,
      ...(isClip ? { attention_mask: mask } : {}),
    },
  );
  const gotText = plainText(text, ids, isClip ? 5 : contextLength - 1);
  expect(cosine(gotText, wantedText)).toBeGreaterThan(least);

  const vision = await readVitTower(await openTowerGraph(path('vision_model'), 'image'), imageSize);
  expect(vision).toMatchObject({
    patch: 8, preNorm: isClip, pooling: isClip ? 'class' : 'attention', activation: expected,
    embedDim: isClip ? 24 : 32,
  }); // prettier-ignore
  const pixels = Float32Array.from({ length: 3 * imageSize ** 2 }, (_, i) => Math.sin(i * 0.37));
  const wantedImage = await run(
    join(exact, 'onnx/vision_model.onnx'),
    isClip ? 'image_embeds' : 'pooler_output',
    {
      pixel_values: tensor(pixels, [1, 3, imageSize, imageSize]),
    },
  );
  expect(cosine(plainImage(vision, pixels), wantedImage)).toBeGreaterThan(least);
});

test('a node without counterpart is named', async () => {
  const dir = join(root, 'model');
  await rm(dir, { recursive: true, force: true });
  await writeHubModel(dir, 'clip');
  const path = join(dir, 'onnx/text_model.onnx');
  const readWith = async (from: string, to: string): Promise<unknown> => {
    const model = decodeModel(await readFile(path), path);
    const node = model.graph.node.map((each) => (each.opType === from ? { ...each, opType: to } : each)); // prettier-ignore
    const changed = join(dir, 'changed.onnx');
    await writeFile(
      changed,
      modelProto.encode({ ...model, graph: { ...model.graph, node } }).finish(),
    );
    return readTextTower(await openTowerGraph(changed, 'text'), { contextLength, end: null });
  };
  await expect(readWith('Softmax', 'LogSoftmax')).rejects.toThrow(
    /^LogSoftmax \S+: expected a softmax/,
  );
  await expect(readWith('Sigmoid', 'Softsign')).rejects.toThrow(/^Mul \S+: expected one of relu, quick-gelu/); // prettier-ignore
  await expect(readWith('ArgMax', 'ArgMin')).rejects.toThrow(/^GatherND \S+: expected the row of/);
});

test('weights are only read from files beside the model', async () => {
  const dir = join(root, 'model');
  await rm(dir, { recursive: true, force: true });
  await writeHubModel(dir, 'clip', { storage: 'external' });
  const path = join(dir, 'onnx/text_model.onnx');
  const bytes = (await readFile(path)).toString('latin1');
  await writeFile(path, bytes.replaceAll('text_model.onnx_data', '../t_model.onnx_data'), 'latin1');
  const read = async (): Promise<unknown> =>
    readTextTower(await openTowerGraph(path, 'text'), { contextLength, end: null });
  await expect(read()).rejects.toThrow(/expected a file beside the model, got "..\/t_model/);
  await writeFile(path, bytes, 'latin1');
  await truncate(join(dir, 'onnx/text_model.onnx_data'), 100);
  await expect(read()).rejects.toThrow(/tensor \S+: expected \d+ bytes from \d+ on/);
});

async function run(path: string, output: string, feeds: object): Promise<number[]> {
  const session = await openSession(path);
  try {
    const results = await session.run(feeds as never, [output]);
    return Array.from(results[output].data as Float32Array);
  } finally {
    await session.close();
  }
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
