import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { parseTrainConfig } from '../../../gpu-embedder/learn/train/recipe/config.ts';
import { losses, lossNames } from '../../../gpu-embedder/learn/train/losses/loss-table.ts';
import { tinyArchitecture } from './tiny-recipe.ts';

const common = { steps: 4, batch: 6, learningRate: 0.003 };
const parse = (...stages: readonly object[]) =>
  parseTrainConfig(
    {
      modelId: 'tiny',
      architecture: tinyArchitecture,
      stages: stages.map((stage) => ({ ...common, ...stage })),
    },
    'recipe r.json',
  ).stages;

test('a stage gets the fields of its loss and no others', () => {
  const ofImages = { train: ['image'] };
  const [infonce, contrastive, classification] = parse(
    { loss: 'infonce' },
    { loss: 'supervised-contrastive', ...ofImages, imagesPerConcept: 3 },
    { loss: 'classification', ...ofImages },
  );
  expect(infonce).toMatchObject({ train: ['image', 'text'], imagesPerConcept: 1 });
  expect(infonce).not.toHaveProperty('scale');
  expect(contrastive).toMatchObject({ imagesPerConcept: 3, scale: 20 });
  expect(contrastive).not.toHaveProperty('wordWeight');
  expect(classification).toMatchObject({ scale: 20, mix: 0, wordWeight: 0 });
  expect(classification).not.toHaveProperty('imagesPerConcept');
});

/** A stage, and what the message must say. */
const refusals: readonly (readonly [object, string])[] = [
  [{ loss: 'guess' }, 'expected one of infonce, sigmoid, supervised-contrastive, classification\n  → at stages[0].loss'],
  [{ loss: 'infonce', wordWeight: 0.5 }, 'the loss infonce has no field wordWeight\n  → at stages[0]'],
  [{ loss: 'sigmoid', scale: 10, mix: 0.1 }, 'the loss sigmoid has no field scale, mix\n  → at stages[0]'],
  [{ loss: 'classification', train: ['image'], imagesPerConcept: 2 }, 'the loss classification has no field imagesPerConcept'],
  [{ loss: 'infonce', learningRate: -1 }, '→ at stages[0].learningRate'],
  [{ loss: 'infonce', epochs: 2 }, 'expected either steps or epochs\n  → at stages[0].steps'],
  [{ loss: 'infonce', microBatch: 4 }, 'batch 6 is not a multiple of it\n  → at stages[0].microBatch'],
  [{ loss: 'sigmoid', imagesPerConcept: 4 }, 'batch 6 is not a multiple of it\n  → at stages[0].imagesPerConcept'],
  [{ loss: 'supervised-contrastive', train: ['image'] }, 'expected at least 2\n  → at stages[0].imagesPerConcept'],
  [{ loss: 'supervised-contrastive', imagesPerConcept: 2 }, 'expected ["image"]\n  → at stages[0].train'],
  [{ loss: 'classification' }, 'classification trains one tower: ["image"] or ["text"]\n  → at stages[0].train'],
  [{ loss: 'classification', train: ['text'], mix: 0.5 }, 'classification text does not mix images: expected 0\n  → at stages[0].mix'],
  [{ loss: 'classification', train: ['text'] }, 'stages[0] classifies captions: expected an earlier stage that classifies images'],
]; // prettier-ignore

test.each(refusals)('%j is refused with its path', (stage, message) => {
  expect(() => parse(stage)).toThrow(message);
  expect(() => parse(stage)).toThrow(/^recipe r\.json: /);
});

test('captions may follow images that an earlier stage classified', () => {
  const stage = { loss: 'classification', wordWeight: 1 };
  expect(parse({ ...stage, train: ['image'] }, { ...stage, train: ['text'] })).toHaveLength(2);
});

test('a new loss touches two files: its module and the table', () => {
  // The recipe of a fine-tuned model chooses the loss that its family was trained with.
  const chooses = ['read-recipe.ts'];
  const folder = 'gpu-embedder/learn/train';
  const named = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !chooses.includes(basename(file)))
    .flatMap((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      return lossNames.filter((name) => text.includes(`'${name}'`)).map((name) => [name, file]);
    });
  const modules = losses.map(({ name }) => [name, join('losses', `${name}.ts`)]);
  expect(Object.fromEntries(named)).toEqual(Object.fromEntries(modules));
  expect(named.every(([name, file]) => file === join('losses', `${name}.ts`))).toBe(true);
});
