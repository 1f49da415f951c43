import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import type { Item } from '../../gpu-embedder/dataset/prepared.ts';
import { createRandom } from '../../gpu-embedder/random.ts';

const exec = promisify(execFile);
const dir = mkdtempSync(join(tmpdir(), 'diptych-train-'));
const data = join(dir, 'data');
const recipe = join(dir, 'recipe.json');
const diptych = (...args: string[]) => exec('node', ['bin/diptych.mjs', ...args]);
const lines = (run: string) =>
  readFileSync(join(run, 'log.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number>)
    .filter(({ type }) => String(type) === 'step');

/** Four concepts with three pictures each, as `prepare` would leave them. */
function writeDataset(): void {
  const side = 16;
  const random = createRandom(1);
  const names = ['red heart', 'birthday cake', 'angry face', 'airplane'];
  const items = names.flatMap((title, c) =>
    [0, 1, 2].map((n): Item => ({
      id: `set${n}:${title}`,
      title,
      captions: [],
      tags: [],
      image: { offset: 0, length: 0, type: 'image/svg+xml' },
      concept: `c${c}`,
      palette: n === 0 ? 'mono' : 'colour',
      split: 'train',
    })),
  );
  const concepts = names.map((name, c) => ({
    id: `c${c}`,
    names: [name],
    keywords: ['thing', `word${c}`],
    languages: { es: { names: [`nombre ${c}`], keywords: [] } },
    group: c < 2 ? 'objects' : undefined,
  }));
  const pixels = Uint8Array.from({ length: items.length * side * side * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : random.integer(256),
  );
  const manifest = {
    formatVersion: 1,
    name: 'tiny',
    kind: 'pictograms',
    imageSize: side,
    counts: { items: items.length, concepts: concepts.length, captions: 0 },
    sources: [],
    fingerprint: 'tiny',
  };
  mkdirSync(data, { recursive: true });
  const jsonl = (rows: object[]) => rows.map((row) => JSON.stringify(row) + '\n').join('');
  writeFileSync(join(data, 'dataset.json'), JSON.stringify(manifest));
  writeFileSync(join(data, 'items.jsonl'), jsonl(items));
  writeFileSync(join(data, 'concepts.jsonl'), jsonl(concepts));
  writeFileSync(join(data, 'pixels.bin'), pixels);
  writeFileSync(join(data, 'originals.bin'), '');
}

beforeAll(() => {
  writeDataset();
  const stage = { steps: 4, batch: 6, learningRate: 0.003, warmupSteps: 1 };
  writeFileSync(
    recipe,
    JSON.stringify({
      modelId: 'tiny',
      architecture: {
        embedDim: 16,
        image: { kind: 'cnn', imageSize: 16, stem: 4, channels: [8, 8], blocks: [1, 1] },
        text: { kind: 'transformer', vocabSize: 300, contextLength: 8, width: 16, depth: 1, heads: 2, mlpRatio: 2 }, // prettier-ignore
      },
      validation: { items: 4, from: 'train' },
      stages: [
        { loss: 'classification', train: ['image'], ...stage },
        { loss: 'classification', train: ['text'], ...stage },
        { loss: 'infonce', ...stage },
      ],
    }),
  );
});

const train = (run: string, ...flags: string[]) =>
  diptych('train', '--data', data, '--config', recipe, '--out', run, '--threads', '1',
    '--record-every', '1', '--checkpoint-every', '3', '--json', ...flags); // prettier-ignore

test('a run goes through its stages, leaves a model and a log', async () => {
  const run = join(dir, 'whole');
  const { stdout } = await train(run);
  expect(JSON.parse(stdout)).toMatchObject({ steps: 12, modelDir: join(run, 'model') });
  const config = JSON.parse(readFileSync(join(run, 'model/config.json'), 'utf8')) as object;
  expect(config).toMatchObject({ diptych: { modelId: 'tiny', embedDim: 16 } });
  const records = lines(run);
  expect(records.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
  for (const record of records) {
    for (const field of ['loss', 'scale', 'learningRate', 'imagesPerSecond', 'busy']) {
      expect(record[field]).toBeGreaterThan(0);
    }
  }
});

test('a resumed run goes on from the checkpoint with the same losses', async () => {
  const run = join(dir, 'resumed');
  await train(run);
  const before = lines(run);
  // As if it had been stopped after step 9: the last checkpoint is gone, the one before is whole.
  rmSync(join(run, 'checkpoint.bin'));
  await train(run, '--resume');
  const after = lines(run);
  expect(after.map(({ step }) => step)).toEqual(before.map(({ step }) => step));
  after.forEach(({ loss }, i) => expect(loss).toBeCloseTo(before[i]['loss'], 5));
});

test('a wrong recipe is refused and says which field', async () => {
  const wrong = join(dir, 'wrong.json');
  writeFileSync(wrong, readFileSync(recipe, 'utf8').replace('"infonce"', '"guess"'));
  const failure = diptych('train', '--data', data, '--config', wrong, '--out', join(dir, 'x'));
  await expect(failure).rejects.toMatchObject({ code: 1 });
  await expect(failure).rejects.toThrow(/error\[invalid_option\].*stages/s);
});

test('nothing to resume is said', async () => {
  const failure = train(join(dir, 'never'), '--resume');
  await expect(failure).rejects.toThrow(/error\[not_prepared\].*nothing to resume/s);
});
