import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../../../gpu-embedder/embed/load-model.ts';
import { edgeWeights } from '../../../../gpu-embedder/learn/model/edge-weights.ts';
import { exportImported } from '../../../../gpu-embedder/learn/model/import/export-imported.ts';
import { openImportedTower } from '../../../../gpu-embedder/learn/model/import/imported-tower.ts';
import { writeTinyModel } from '../../../../gpu-embedder/learn/model/tiny-model.ts';
import { readModel } from '../../../../gpu-embedder/learn/onnx/model-proto.ts';
import { writeHubModel } from '../../../support/hub-models/write-hub-model.ts';
import { runTower, towerInputs } from './run-tower.ts';

const root = mkdtempSync(join(tmpdir(), 'diptych-export-'));
const models = ['ours', 'clip', 'siglip'] as const;

beforeAll(async () => {
  await writeTinyModel(join(root, 'ours'));
  await writeHubModel(join(root, 'clip'), 'clip');
  await writeHubModel(join(root, 'siglip'), 'siglip');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const vision = (model: string) => join(root, model, 'onnx/vision_model.onnx');
const text = (model: string) => join(root, model, 'onnx/text_model.onnx');

/** Every weight of both towers, a little off; on the grid of float16, which ours are stored in. */
async function movedWeights(model: string): Promise<Map<string, Float32Array>> {
  const image = await openImportedTower(vision(model), 'image', { imageSize: 32 });
  const words = await openImportedTower(text(model), 'text', { sequence: 16 });
  const all = [...image.weights, ...words.weights];
  return new Map(
    all.map(([name, { data }]) => [
      name,
      data.map((x, i) => Math.round((x + 0.01 * Math.sin(i)) * 1024) / 1024),
    ]),
  );
}

describe.each(models)('an export of %s', (model) => {
  const out = join(root, `${model}-moved`);
  let weights: Map<string, Float32Array>;
  beforeAll(async () => {
    weights = await movedWeights(model);
    await exportImported(join(root, model), out, weights);
  });

  it('embeds as the tower with these weights', async () => {
    const tower = await openImportedTower(vision(model), 'image', { imageSize: 32 });
    const inputs = towerInputs(tower, 3, 1);
    const { embeds } = await runTower(tower, inputs, { changed: weights });
    const loaded = await loadModel(out);
    const got = await loaded.embedPixels(inputs[0].data as Float32Array);
    const worst = Math.max(...got.map((x, i) => Math.abs(x - embeds[i])));
    expect(worst).toBeLessThan(1e-5);
    const [dog] = [await loaded.embedTexts(['dog'])];
    await loaded.dispose();
    const before = await loadModel(join(root, model));
    expect(await before.embedTexts(['dog'])).not.toEqual(dog);
    await before.dispose();
  });

  it('can be imported again, with the weights it was given', async () => {
    const again = await openImportedTower(vision(`${model}-moved`), 'image', { imageSize: 32 });
    const names = [...weights.keys()].filter((name) => name.startsWith('image/'));
    expect([...again.weights.keys()].sort()).toEqual(names.sort());
    for (const [name, { data }] of again.weights) expect(data).toEqual(weights.get(name));
  });

  it('keeps the types and the other files', async () => {
    const types = async (path: string) =>
      [...readModel(await readFile(path)).initializers]
        .filter(([name]) => !name.startsWith('adapter'))
        .map(([name, { dtype, shape }]) => `${name} ${dtype} ${shape}`);
    expect(await types(vision(`${model}-moved`))).toEqual(await types(vision(model)));
    expect(await types(text(`${model}-moved`))).toEqual(await types(text(model)));
    expect(await readdir(out)).toEqual(await readdir(join(root, model)));
  });
});

it('lets a model of ours go on to the edge', async () => {
  const { description } = await edgeWeights(join(root, 'ours-moved'));
  expect(description.id).toBe('tiny');
});

it('stores the scale and the name that training ends with', async () => {
  const out = join(root, 'scaled');
  const weights = new Map([['logit_scale', new Float32Array([2.5])]]);
  await exportImported(join(root, 'ours'), out, weights, { modelId: 'tuned' });
  const { id, logitScale, dispose, embedTexts } = await loadModel(out);
  expect({ id, logitScale }).toEqual({ id: 'tuned', logitScale: 2.5 });
  const source = await loadModel(join(root, 'ours'));
  expect(await embedTexts(['dog'])).toEqual(await source.embedTexts(['dog']));
  await Promise.all([dispose(), source.dispose()]);
});

it('adds no layer to a model whose head has not moved', async () => {
  const out = join(root, 'still');
  const tower = await openImportedTower(vision('siglip'), 'image');
  const weights = new Map([...tower.weights].map(([name, { data }]) => [name, data]));
  await exportImported(join(root, 'siglip'), out, weights);
  const nodes = async (path: string) => readModel(await readFile(path)).nodes.length;
  expect(await nodes(vision('still'))).toBe(await nodes(vision('siglip')));
  expect(await nodes(vision('siglip-moved'))).toBe((await nodes(vision('siglip'))) + 2);
});

it('refuses a weight that the model does not have, and leaves what was there', async () => {
  const out = join(root, 'refused');
  await exportImported(join(root, 'clip'), out, new Map());
  await writeFile(join(out, 'mark.txt'), 'before');
  const numbers = new Float32Array(3);
  const cases = [
    ['image/nothing', /vision_model\.onnx: weight nothing: the model has none of that name/],
    ['image/visual_projection', /weight visual_projection/],
    ['prototypes', /weight prototypes: expected image\/…, text\/… or logit_scale/],
    ['text/text_model.final_layer_norm.bias', /expected 32 numbers .*, got 3/],
  ] as const;
  for (const [name, message] of cases) {
    const failure = exportImported(join(root, 'clip'), out, new Map([[name, numbers]]));
    await expect(failure).rejects.toThrow(message);
  }
  expect(existsSync(join(out, 'mark.txt'))).toBe(true);
});
