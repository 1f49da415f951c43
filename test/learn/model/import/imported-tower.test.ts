import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { normaliseRows } from '../../../../gpu-embedder/embed/normalise-rows.ts';
import type { ImportedTower } from '../../../../gpu-embedder/learn/model/import/imported-tower.ts';
import { openImportedTower } from '../../../../gpu-embedder/learn/model/import/imported-tower.ts';
import { writeTinyModel } from '../../../../gpu-embedder/learn/model/tiny-model.ts';
import { Graph } from '../../../../gpu-embedder/learn/onnx/graph.ts';
import { writeModel } from '../../../../gpu-embedder/learn/onnx/model-proto.ts';
import * as op from '../../../../gpu-embedder/learn/onnx/operators/index.ts';
import { openSession, tensor } from '../../../../gpu-embedder/learn/onnx/session.ts';
import type { Modality } from '../../../../gpu-embedder/learn/model/tower.ts';
import { writeHubModel } from '../../../support/hub-models/write-hub-model.ts';
import { runTower, towerInputs } from './run-tower.ts';

const root = mkdtempSync(join(tmpdir(), 'diptych-import-'));
const models = ['ours', 'clip', 'siglip'] as const;
const towers = models.flatMap((model) =>
  (['image', 'text'] as const).map((modality) => ({ model, modality })),
);
const fileNames = { image: 'vision_model.onnx', text: 'text_model.onnx' };
const pathOf = (model: string, modality: Modality) =>
  join(root, model, 'onnx', fileNames[modality]);
const opened = new Map<string, Promise<ImportedTower>>();
const open = (model: string, modality: Modality): Promise<ImportedTower> => {
  const path = pathOf(model, modality);
  const sizes = modality === 'text' ? { sequence: 16 } : { imageSize: 32 };
  const tower = opened.get(path) ?? openImportedTower(path, modality, sizes);
  opened.set(path, tower);
  return tower;
};

beforeAll(async () => {
  await writeTinyModel(join(root, 'ours'));
  await writeHubModel(join(root, 'clip'), 'clip');
  await writeHubModel(join(root, 'siglip'), 'siglip');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What the file itself gives, as unit rows. */
async function original(path: string, inputs: ReturnType<typeof towerInputs>, width: number) {
  const session = await openSession(path, { threads: 1 });
  const names = { pixels: 'pixel_values', ids: 'input_ids', mask: 'attention_mask' };
  const feeds = inputs.map(({ name, shape, data }) => [
    names[name as keyof typeof names],
    data instanceof Int32Array
      ? tensor(BigInt64Array.from(data, BigInt), shape, 'int64')
      : tensor(data, shape),
  ]);
  const result = await session.run(Object.fromEntries(feeds));
  await session.close();
  const { data } = result.image_embeds ?? result.text_embeds ?? result.pooler_output;
  return normaliseRows((data as Float32Array).slice(), width);
}

describe.each(towers)('the $modality tower of $model', ({ model, modality }) => {
  it('gives what the file gives, at any number of rows', async () => {
    const tower = await open(model, modality);
    for (const rows of [1, 5]) {
      const inputs = towerInputs(tower, rows, (tower.tokenIdLimit ?? 2) - 1);
      const { embeds } = await runTower(tower, inputs);
      const expected = await original(pathOf(model, modality), inputs, tower.embedDim);
      expect(embeds.length).toBe(rows * tower.embedDim);
      const worst = Math.max(...embeds.map((x, i) => Math.abs(x - expected[i])));
      expect(worst).toBeLessThan(1e-5);
    }
  });

  it.each(['heads', { last: 1 }, 'all'] as const)('has exact gradients: %o', async (train) => {
    const whole = await open(model, modality);
    const tower = whole.choose(train);
    const inputs = towerInputs(tower, 3, (tower.tokenIdLimit ?? 2) - 1);
    // A step over a kink of ReLU (ours) is an error of the differences, not of the gradients.
    const result = await runTower(tower, inputs, { step: model === 'ours' ? 1e-3 : 5e-3 });
    expect(result.largestGradient).toBeGreaterThan(0.01);
    expect(result.gradientError).toBeLessThan(model === 'ours' ? 0.02 : 2e-3);
    expect(result.parameters).toBe(whole.weights.size);
    const share = result.trained.length / result.parameters;
    if (train === 'all') expect(share).toBe(1);
    else expect(share).toBeLessThan(1);
  });
});

test('the parts of a tower are found', async () => {
  const [clip, siglip, ours] = await Promise.all([
    open('clip', 'text'),
    open('siglip', 'image'),
    open('ours', 'image'),
  ]);
  expect(clip.inputs).toEqual([
    { name: 'ids', shape: [16], dtype: 'int32' },
    { name: 'mask', shape: [16], dtype: 'int32' },
  ]);
  expect(clip.blocks).toEqual(['layers.0', 'layers.1']);
  expect(ours.blocks).toEqual(['stages.0.blocks.0', 'stages.1.blocks.0']);
  expect([clip.featureWidth, clip.embedDim, clip.tokenIdLimit]).toEqual([32, 24, 271]);
  expect([siglip.featureWidth, siglip.embedDim, siglip.tokenIdLimit]).toEqual([32, 32, null]);
  const decays = [...clip.weights].filter(([, { decay }]) => decay).map(([name]) => name);
  // Four projections of attention and two of the MLP in each layer, and the head.
  expect(decays).toHaveLength(2 * 6 + 1);
  expect(clip.weights.get('text/text_model.embeddings.token_embedding.weight')?.decay).toBe(false);
});

test('a choice trains its blocks and what comes after them', async () => {
  const tower = await open('siglip', 'image');
  const trained = async (train: Parameters<typeof tower.choose>[0]) =>
    (await runTower(tower.choose(train), towerInputs(tower, 2, 1))).trained;
  expect(await trained('heads')).toEqual(['image/adapter.weight', 'image/adapter.bias']);
  const last = await trained({ last: 1 });
  expect(last).toContain('image/vision_model.head.probe');
  expect(last).toContain('image/vision_model.encoder.layers.1.layer_norm1.weight');
  expect(last.filter((name) => name.includes('layers.0') || name.includes('embeddings'))).toEqual([]); // prettier-ignore
  const both = await trained({ last: 2 });
  expect(both).toContain('image/vision_model.encoder.layers.0.self_attn.q_proj.bias');
  expect(both.filter((name) => name.includes('embeddings'))).toEqual([]);
  expect(() => tower.choose({ last: 3 })).toThrow('last: expected 1 to 2 of its blocks, got 3');
});

/** Largest colours through layers.0, an operator without a rule, layers.1 and a projection. */
async function writeOddTower(path: string): Promise<void> {
  const g = new Graph();
  const pixels = g.input('pixel_values', [2, 3, 4, 4], 'float32', ['batch', 3, 4, 4]);
  const matrix = (name: string, seed: number) =>
    g.initializer(
      name,
      Float32Array.from({ length: 9 }, (_, i) => Math.sin(i * i + seed)),
      [3, 3],
    );
  let x = op.ReduceMax(g, pixels, [2, 3], false);
  x = op.MatMul(g, x, matrix('layers.0.weight', 1));
  [x] = g.append('Einsum', [x], { equation: 'bi->bi' }, [{ shape: [2, 3], dtype: 'float32' }]);
  x = op.Tanh(g, op.MatMul(g, x, matrix('layers.1.weight', 2)));
  g.output(op.MatMul(g, x, matrix('projection', 3)), 'image_embeds', ['batch', 3]);
  await writeFile(path, writeModel(g));
}

test('an operator without a rule is named with what can be trained', async () => {
  const path = join(root, 'odd.onnx');
  await writeOddTower(path);
  const tower = await openImportedTower(path, 'image');
  expect(() => tower.choose('all')).toThrow(
    /odd\.onnx: train all: Einsum Einsum_0: .*there is no rule for this operator; can be trained: heads, last:1$/,
  );
  expect(() => tower.choose({ last: 2 })).toThrow(/train last:2: Einsum/);
  for (const train of ['heads', { last: 1 }] as const) {
    const result = await runTower(tower.choose(train), towerInputs(tower, 3, 1), { step: 1e-2 });
    expect(result.gradientError).toBeLessThan(2e-3);
    expect(result.trained).toHaveLength(train === 'heads' ? 1 : 2);
  }
});

describe('a file that cannot be imported', () => {
  it('is missing, or another kind of tower', async () => {
    await expect(open('nowhere', 'image')).rejects.toMatchObject({ code: 'unreadable_model' });
    await expect(openImportedTower(pathOf('clip', 'text'), 'image')).rejects.toThrow(
      'expected an output image_embeds or pooler_output, got text_embeds, last_hidden_state',
    );
  });

  it('has lengths that were not told, or are others', async () => {
    await expect(openImportedTower(pathOf('clip', 'text'), 'text')).rejects.toThrow(
      /input_ids: sequence expected a number, since the model takes any, got none/,
    );
    await expect(
      openImportedTower(pathOf('siglip', 'image'), 'image', { imageSize: 64 }),
    ).rejects.toThrow(/pixel_values: imageSize expected 32, got 64/);
  });

  it('takes one row alone', async () => {
    const g = new Graph();
    const pixels = g.input('pixel_values', [1, 3, 4, 4]);
    g.output(op.ReduceMean(g, pixels, [2, 3], false), 'image_embeds');
    const path = join(root, 'single.onnx');
    await writeFile(path, writeModel(g));
    await expect(openImportedTower(path, 'image')).rejects.toThrow(
      /expected a model that runs on batches of 2 and 3/,
    );
  });
});
