import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { EmbeddingModel } from '../../../gpu-embedder/embed/load-model.ts';
import { loadModel } from '../../../gpu-embedder/embed/load-model.ts';
import { writeTinyModel } from '../../../gpu-embedder/learn/model/tiny-model.ts';
import { readLog } from '../../../gpu-embedder/learn/train/report/run-log.ts';
import { runDiptych } from '../../cli/run-diptych.ts';
import { writeHubModel } from '../../support/hub-models/write-hub-model.ts';
import { wordCaptions, writeImages } from './write-images.ts';

const dir = mkdtempSync(join(tmpdir(), 'diptych-fine-tuning-'));
const data = join(dir, 'data');
const models = ['ours', 'clip', 'siglip'] as const;
const side = 32;

beforeAll(async () => {
  await writeTinyModel(join(dir, 'ours'));
  await writeHubModel(join(dir, 'clip'), 'clip');
  await writeHubModel(join(dir, 'siglip'), 'siglip');
  const split = (i: number) => (i < 20 ? 'train' : 'validation') as 'train' | 'validation';
  await writeImages(data, { side, captions: wordCaptions(26), split });
});

const fineTune = (model: string, choice: string, run: string, ...flags: string[]) =>
  runDiptych('train', '--data', data, '--init', join(dir, model), '--train', choice, '--out', join(dir, run),
    '--threads', '1', '--record-every', '1', '--batch', '10', '--learning-rate', '0.003', ...flags); // prettier-ignore

const losses = (run: string): number[] =>
  readLog(join(dir, run, 'log.jsonl')).flatMap((r) => (r.type === 'step' ? [r.loss] : []));

/** Embeddings of one image and one text. */
async function embed(path: string) {
  const model: EmbeddingModel = await loadModel(path, { threads: 1 });
  const grey = new Uint8Array(side * side * 3).map((_, i) => (i * 7) % 256);
  const image = await model.embedPixels(grey);
  const text = await model.embedTexts(['a red house']);
  await model.dispose();
  return { image, text, logitScale: model.logitScale };
}

const distance = (a: Float32Array, b: Float32Array): number =>
  Math.hypot(...a.map((x, i) => x - b[i]));

describe.each(models)('%s', (model) => {
  test.each([
    ['heads', 15, 'moves', 'moves'],
    ['text', 4, 'stays', 'moves'],
    ['last:1', 3, 'moves', 'moves'],
    ['all', 3, 'moves', 'moves'],
  ] as const)('--train %s lowers the loss', async (choice, epochs, image, text) => {
    const run = `${model}-${choice.replace(':', '')}`;
    const { code, stdout, stderr } = await fineTune(model, choice, run, '--epochs', `${epochs}`);
    expect(stderr).not.toContain('error');
    expect(code).toBe(0);
    expect(stdout).toContain('model in');
    const begin = readLog(join(dir, run, 'log.jsonl')).find((r) => r.type === 'validation');
    expect(begin).toMatchObject({ step: 0 }); // the model as it was
    const seen = losses(run);
    expect(seen.at(-1)).toBeLessThan(seen[0]);
    const [before, after] = [await embed(join(dir, model)), await embed(join(dir, run, 'model'))];
    const moved = (which: 'image' | 'text'): string =>
      distance(before[which], after[which]) > 1e-4 ? 'moves' : 'stays';
    expect([moved('image'), moved('text')]).toEqual([image, text]);
    expect(after.logitScale).not.toBe(before.logitScale);
  });
});

test('frozen features are encoded once, and a resumed run takes them again', async () => {
  const flags = ['--epochs', '4', '--checkpoint-every', '1'];
  await fineTune('clip', 'heads', 'cached', ...flags);
  const features = join(dir, 'cached/features');
  expect(
    readdirSync(features)
      .map((name) => name.split('-')[0])
      .sort(),
  ).toEqual(['image', 'text']);
  const whole = losses('cached');
  // As if it had been killed after the step before the last.
  rmSync(join(dir, 'cached/checkpoint.bin'));
  const { code, stderr } = await fineTune('clip', 'heads', 'cached', ...flags, '--resume');
  expect(stderr).not.toContain('encode');
  expect(code).toBe(0);
  losses('cached').forEach((loss, i) => expect(loss).toBeCloseTo(whole[i], 5));
  expect(existsSync(join(dir, 'cached/model/onnx/vision_model.onnx'))).toBe(true);
});

test('a tokenizer of another model is refused', async () => {
  const path = join(dir, 'mixed');
  await writeHubModel(path, 'clip');
  const tokenizer = JSON.parse(readFileSync(join(path, 'tokenizer.json'), 'utf8')) as {
    model: { vocab: Record<string, number> };
  };
  for (let i = 0; i < 500; i++) tokenizer.model.vocab[`other${i}`] = 1000 + i;
  writeFileSync(join(path, 'tokenizer.json'), JSON.stringify(tokenizer));
  const { code, stderr } = await fineTune('mixed', 'heads', 'refused');
  expect(stderr).toMatch(/unreadable_model.*tokenizer.json does not belong to.*token table/);
  expect(code).toBe(1);
});

test.each([
  ['a foreign file in place of a tower', 'onnx/text_model.onnx', 'no model', /unreadable_model.*text_model.onnx/],
  ['a tower that is not there', 'onnx/vision_model.onnx', null, /unreadable_model.*vision_model.onnx/],
  ['no tokenizer', 'tokenizer.json', null, /unreadable_model.*tokenizer.json/],
])('%s is refused', async (name, file, content, message) => {
  const model = name.replaceAll(' ', '-');
  await writeHubModel(join(dir, model), 'siglip');
  if (content === null) rmSync(join(dir, model, file));
  else writeFileSync(join(dir, model, file), content);
  const { code, stderr } = await fineTune(model, 'all', 'refused');
  expect(stderr).toMatch(message);
  expect(code).toBe(1);
}); // prettier-ignore
