import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { readLog } from '../../../gpu-embedder/learn/train/report/run-log.ts';
import { runDiptych } from '../../cli/run-diptych.ts';
import { writeTinyDataset } from '../../setup/tiny-dataset.ts';
import { writeRecipe } from './tiny-recipe.ts';
import { wordCaptions, writeImages } from './write-images.ts';

const dir = mkdtempSync(join(tmpdir(), 'diptych-train-'));
const pictograms = join(dir, 'pictograms');
const photographs = join(dir, 'photographs');
const recipe = join(dir, 'recipe.json');
const train = (run: string, ...flags: string[]) =>
  runDiptych('train', '--out', join(dir, run), '--threads', '1', '--record-every', '1', ...flags);

beforeAll(async () => {
  await writeTinyDataset(pictograms, 16);
  await writeImages(photographs, { captions: wordCaptions(24) });
});

test('a run goes through its stages, leaves a model, a log and a report', async () => {
  writeRecipe(recipe, [
    { loss: 'classification', train: ['image'] },
    { loss: 'supervised-contrastive', train: ['image'], imagesPerConcept: 2 },
    { loss: 'classification', train: ['text'] },
    { loss: 'sigmoid', train: ['text'] },
    { loss: 'infonce', microBatch: 3 },
  ], { validation: { items: 0 } }); // prettier-ignore
  const { code, stdout, stderr } = await train('whole', '--data', pictograms, '--config', recipe, '--report', '--json'); // prettier-ignore
  expect(stderr).toContain('stage 5 of 5 done');
  expect(code).toBe(0);
  const run = join(dir, 'whole');
  const modelDir = join(run, 'model');
  expect(JSON.parse(stdout)).toMatchObject({ steps: 20, finished: true, modelDir });
  const config = JSON.parse(readFileSync(join(modelDir, 'config.json'), 'utf8')) as object;
  expect(config).toMatchObject({ diptych: { modelId: 'tiny', embedDim: 16 } });
  const records = readLog(join(run, 'log.jsonl'));
  expect(records.map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  for (const record of records) {
    expect(record).toMatchObject({ type: 'step' });
    for (const field of ['loss', 'scale', 'learningRate', 'imagesPerSecond', 'busy', 'rss']) {
      expect((record as never)[field], field).toBeGreaterThan(0);
    }
  }
  expect(readFileSync(join(run, 'report.html'), 'utf8')).toContain('supervised-contrastive');
});

test('photographs train by the recipe for them, in epochs, and are validated', async () => {
  writeRecipe(recipe, [{ loss: 'infonce' }]);
  const { code, stdout } = await train('photos', '--data', photographs, '--config', recipe,
    '--epochs', '4', '--batch', '8', '--validate-every', '5', '--json'); // prettier-ignore
  expect(code).toBe(0);
  // Two of 24 images are held out: 4 * 22 / 8 steps.
  expect(JSON.parse(stdout)).toMatchObject({ steps: 11, validation: { step: 11 } });
  const validations = readLog(join(dir, 'photos/log.jsonl')).filter((r) => r.type === 'validation');
  expect(validations.map(({ step }) => step)).toEqual([1, 5, 10, 11]);
  const queries = JSON.parse(readFileSync(join(dir, 'photos/validation.json'), 'utf8')) as object[];
  expect(queries).toHaveLength(2);
  expect(queries[0]).toMatchObject({ text: expect.any(String), rank: expect.any(Number) });
});

test('labels are classes, and the captions of their images follow them', async () => {
  const data = join(dir, 'labelled');
  const label = (i: number) => ['boat', 'horse', 'lamp'][i % 3];
  await writeImages(data, { captions: wordCaptions(18), label });
  writeRecipe(recipe, [
    { loss: 'classification', train: ['image'], steps: 30, batch: 12 },
    { loss: 'classification', train: ['text'], steps: 30, batch: 12 },
  ]); // prettier-ignore
  const { code } = await train('labels', '--data', data, '--config', recipe);
  expect(code).toBe(0);
  const losses = readLog(join(dir, 'labels/log.jsonl')).flatMap((r) =>
    r.type === 'step' ? [r.loss] : [],
  );
  expect(losses[29]).toBeLessThan(losses[0]);
  expect(losses[59]).toBeLessThan(losses[30]);
});

test('words are told beside classes, and short rows of captions will do', async () => {
  const data = join(dir, 'words');
  const label = (i: number) => (i < 12 ? ['boat', 'horse'][i % 2] : `alone-${i}`);
  await writeImages(data, { captions: wordCaptions(24), label });
  const stage = { loss: 'classification', steps: 30, batch: 12, wordWeight: 1 };
  writeRecipe(
    recipe,
    [
      { ...stage, train: ['image'] },
      { ...stage, train: ['text'], textLength: 4 },
    ],
    { minItemsPerWord: 2 },
  );
  const { code } = await train('words', '--data', data, '--config', recipe);
  expect(code).toBe(0);
  const losses = readLog(join(dir, 'words/log.jsonl')).flatMap((r) =>
    r.type === 'step' ? [r.loss] : [],
  );
  expect(losses[29]).toBeLessThan(losses[0]);
  expect(losses[59]).toBeLessThan(losses[30]);
});

/** Flags, and what the message must say. */
const refusals: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['an unknown flag', ['--learn'], /unknown option '--learn'/],
  ['an unknown loss', ['--loss', 'hinge'], /Allowed choices are infonce, sigmoid/],
  ['a batch that is no number', ['--batch', 'many'], /expected a whole number from 1 on, got "many"/],
  ['a choice that is none', ['--train', 'last:0'], /heads, text, all or last:N/],
  ['a choice without a model', ['--train', 'heads'], /invalid_option.*name it with --init/],
  ['a micro-batch that does not divide', ['--batch', '8', '--micro-batch', '3'], /microBatch.*batch 8 is not a multiple|batch 8 is not a multiple.*microBatch/s],
  ['a recipe that is not there', ['--config', 'nowhere.json'], /unreadable_source.*nowhere.json/],
  ['a data set that is not there', ['--data', 'nowhere'], /not_prepared.*nowhere/],
  ['a run that is not there', ['--resume'], /not_prepared.*nothing to resume/],
  ['a model that is not there', ['--init', join(dir, 'photographs')], /unreadable_model.*config.json/],
]; // prettier-ignore

test.each(refusals)('%s is refused', async (_, flags, message) => {
  writeRecipe(recipe, [{ loss: 'infonce' }]);
  const { code, stderr } = await train('refused', '--data', photographs, '--config', recipe, ...flags); // prettier-ignore
  expect(stderr).toMatch(message);
  expect(code).toBeGreaterThan(0);
});

test('a recipe with a wrong field says which', async () => {
  writeRecipe(recipe, [{ loss: 'guess' }]);
  const { stderr } = await train('refused', '--data', photographs, '--config', recipe);
  expect(stderr).toMatch(/error\[invalid_option\].*stages\[0\]\.loss/s);
});

test('captions follow only the words that images were told', async () => {
  writeRecipe(recipe, [
    { loss: 'classification', train: ['image'] },
    { loss: 'classification', train: ['text'], wordWeight: 1 },
  ]);
  const { stderr } = await train('refused', '--data', photographs, '--config', recipe);
  expect(stderr).toMatch(
    /error\[invalid_option\].*stages\[1\] has wordWeight: expected an earlier/s,
  );
});

/** Captions of the images, and what the message must say. */
const poorData: readonly (readonly [string, readonly (readonly string[])[], RegExp])[] = [
  ['an empty data set', [], /at least two different images to train on, got 0/],
  ['one image for all captions', [['a dog', 'a cat', 'a house']], /at least two different images to train on, got 1/],
  ['captions without a word', [['  '], [' '], ['   ']], /3 of 3 captions looked at have no token/],
]; // prettier-ignore

test.each(poorData)('%s is refused', async (name, captions, message) => {
  const data = join(dir, name.replaceAll(' ', '-'));
  await writeImages(data, { captions });
  writeRecipe(recipe, [{ loss: 'infonce' }], { validation: { items: 0 } });
  const { code, stderr } = await train('refused', '--data', data, '--config', recipe);
  expect(stderr).toMatch(message);
  expect(code).toBe(1);
});

test('classification of images that share nothing says what trains on them', async () => {
  writeRecipe(recipe, [{ loss: 'classification', train: ['image'] }]);
  const { stderr } = await train('refused', '--data', photographs, '--config', recipe);
  expect(stderr).toMatch(/at least 2 concepts or labels.*trains with infonce or sigmoid/s);
});

test('a run that is there is not overwritten', async () => {
  writeRecipe(recipe, [{ loss: 'infonce' }]);
  const flags = ['--data', photographs, '--config', recipe];
  await train('kept', ...flags);
  const before = readFileSync(join(dir, 'kept/checkpoint.bin'));
  const { code, stderr } = await train('kept', ...flags);
  expect(stderr).toMatch(/invalid_option.*there is a run already; continue it with --resume/);
  expect(code).toBe(1);
  expect(readFileSync(join(dir, 'kept/checkpoint.bin')).equals(before)).toBe(true);
});

test('a file in place of a run folder is refused', async () => {
  const { stderr } = await train('recipe.json', '--data', photographs, '--config', recipe);
  expect(stderr).toMatch(/error\[invalid_option\].*recipe.json: expected a folder/);
});

test('a checkpoint that is cut off is passed over for the one before', async () => {
  writeRecipe(recipe, [{ loss: 'infonce', steps: 12 }]);
  const flags = ['--data', photographs, '--config', recipe, '--checkpoint-every', '5'];
  await train('cut', ...flags);
  const path = join(dir, 'cut/checkpoint.bin');
  const before = readLog(join(dir, 'cut/log.jsonl'));
  writeFileSync(path, readFileSync(path).subarray(0, -7));
  const { code, stderr } = await train('cut', ...flags, '--resume');
  expect(stderr).toContain('checksum differs: the file is cut off or damaged');
  expect(code).toBe(0);
  const after = readLog(join(dir, 'cut/log.jsonl'));
  expect(after.map(({ step }) => step)).toEqual(before.map(({ step }) => step));
});

test('a run is continued with the data and the recipe that it began with', async () => {
  const data = join(dir, 'changing-data');
  writeRecipe(recipe, [{ loss: 'infonce', steps: 2 }]);
  await writeImages(data, { captions: wordCaptions(12) });
  const begun = await train('changing', '--data', data, '--config', recipe);
  expect(begun.code).toBe(0);
  const same = await train('changing', '--data', data, '--resume', '--steps', '9');
  expect(same.code).toBe(0);
  expect(same.stderr).toMatch(/warning: the recipe of this command differs.*edit that file/);
  const quiet = await train('changing', '--data', data, '--resume');
  expect(quiet.stderr).not.toContain('warning');

  await writeImages(data, { captions: wordCaptions(9) });
  const other = await train('changing', '--data', data, '--resume');
  expect(other.code).not.toBe(0);
  expect(other.stderr).toMatch(
    /invalid_option.*began with \(changing-data, 12 items, fingerprint \w+\), got changing-data, 9 items/,
  );
  rmSync(join(dir, 'changing', 'run.json'));
  const unknown = await train('changing', '--data', data, '--resume');
  expect(unknown.stderr).toMatch(/warning: .*does not say which data set it began with/);
});

test('what teaches nothing is told before a run begins, and in its report', async () => {
  const data = join(dir, 'same-data');
  await writeImages(data, {
    captions: wordCaptions(12).map(() => ['A photo']),
    label: () => 'photo',
    isCopy: (i) => i === 3,
  });
  writeRecipe(recipe, [{ loss: 'infonce', steps: 1 }], { validation: { items: 0 } });
  const { code, stdout, stderr } = await train('same', '--data', data, '--config', recipe, '--batch', '1', '--report', '--json'); // prettier-ignore
  expect(code).toBe(0);
  const expected = [
    'infonce image+text: a batch of 1 teaches nothing',
    'all 12 training images have one and the same caption, "a photo"',
    'all 12 training images have the label "photo"',
    '1 of 12 training images have the same pixels as one before them, e.g. image-3.png as image-2.png',
  ];
  const { warnings } = JSON.parse(stdout) as { warnings: string[] };
  expect(warnings).toEqual(expected.map((text) => expect.stringContaining(text) as string));
  const page = readFileSync(join(dir, 'same', 'report.html'), 'utf8');
  for (const text of expected) {
    expect(stderr).toContain(`warning: ${text}`);
    expect(page).toContain(text.replaceAll('"', '&quot;'));
  }
});
