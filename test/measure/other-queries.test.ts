import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  openDataset,
  type PreparedDataset,
} from '../../gpu-embedder/data/prepared/read-dataset.ts';
import { readCldrKeywords } from '../../gpu-embedder/measure/queries/cldr-keywords.ts';
import { evaluateImageRetrieval } from '../../gpu-embedder/measure/tasks/evaluate-image-retrieval.ts';
import { evaluateKeywords } from '../../gpu-embedder/measure/tasks/evaluate-keywords.ts';
import { evaluateMisspelt } from '../../gpu-embedder/measure/tasks/evaluate-misspelt.ts';
import { writeTinyDataset } from '../setup/tiny-dataset.ts';
import { colourModel, tinyColours } from './colour-model.ts';
import { asEmoji } from './emoji-dataset.ts';

const colours = new Map(tinyColours);

let dir: string;
let dataset: PreparedDataset;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'diptych-queries-'));
  await writeTinyDataset(join(dir, 'data'), 32);
  dataset = openDataset(join(dir, 'data'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('keywords', () => {
  /** A model that knows every English keyword of the emoji. */
  const knowing = (emoji: PreparedDataset) => {
    const annotations = readCldrKeywords('en');
    const known = [...emoji.concepts.values()].flatMap(({ id, names }) =>
      annotations.get(id)!.keywords.map((word) => [word, colours.get(names[0])!] as const),
    );
    // The model uses the last match, so the longest word must come last.
    return colourModel(new Map(known.sort(([a], [b]) => a.length - b.length)), 32);
  };

  it('find an emoji with this keyword, in the languages that the model knows', async () => {
    const emoji = asEmoji(dataset);
    const results = await evaluateKeywords(knowing(emoji), emoji, { ks: [1], languages: 'all' });
    expect(results).toEqual([
      { language: 'en', n: 16, queries: 16, metrics: { 'image_retrieval_recall@1': 1 } },
      { language: 'ja', n: 16, queries: 16, metrics: { 'image_retrieval_recall@1': 0 } },
    ]);
  });

  it('are refused when no image has any', async () => {
    const model = colourModel(colours, 32);
    await expect(evaluateKeywords(model, dataset, { ks: [1] })).rejects.toThrow(
      /CLDR has keywords \(en\) for none of its 16 images; expected emoji/,
    );
    await expect(
      evaluateKeywords(model, asEmoji(dataset), { ks: [1], languages: ['es'] }),
    ).rejects.toThrow(/es: .*its languages: en, ja/);
  });
});

describe('names with a typing error', () => {
  it('are measured with the correct names beside them, without names of short words', async () => {
    const [result] = await evaluateMisspelt(colourModel(colours, 32), dataset, { ks: [1, 5] });
    // The name "dog" has no word that is long enough.
    expect(result).toMatchObject({ language: 'en', n: 16, queries: 14 });
    expect(Object.keys(result.metrics)).toEqual([
      'image_retrieval_recall@1',
      'image_retrieval_recall@5',
      'misspelt_image_retrieval_recall@1',
      'misspelt_image_retrieval_recall@5',
    ]);
    expect(result.metrics['image_retrieval_recall@1']).toBe(1);
    // The model finds whole words; an error at the end of a word can leave it whole.
    expect(result.metrics['misspelt_image_retrieval_recall@5']).toBeLessThan(0.5);
  });

  it('are refused when every word is short', async () => {
    const items = dataset.items.filter(({ title }) => title === 'dog');
    await expect(
      evaluateMisspelt(colourModel(colours, 32), { ...dataset, items }, { ks: [1] }),
    ).rejects.toThrow(/--typos: none of its 2 texts \(en\) has a word of four letters/);
  });
});

describe('images as queries', () => {
  const model = () => colourModel(colours, 32);

  it('find the image of their concept in another set', async () => {
    const queries = { dataset, set: 'round' };
    const options = { set: 'square', ks: [1], queries };
    expect(await evaluateImageRetrieval(model(), dataset, options)).toEqual({
      n: 8,
      queries: 8,
      metrics: { 'image_to_image_recall@1': 1 },
    });
  });

  it('are never their own answer, and count only if there is another answer', async () => {
    // Square dogs and carts have each other's concept; the square cake has none.
    const concepts = new Map([
      ['square:dog', 'icon:shoppingcart'],
      ['square:shopping-cart', 'icon:dog'],
      ['square:birthday-cake', undefined],
    ]);
    const items = dataset.items.map((item) =>
      concepts.has(item.id) ? { ...item, concept: concepts.get(item.id) } : item,
    );
    const changed = { ...dataset, items };
    const queries = { dataset: changed, set: 'round' };
    const result = await evaluateImageRetrieval(model(), changed, { ks: [1, 8], queries });
    expect(result).toEqual({
      n: 8,
      queries: 7,
      metrics: { 'image_to_image_recall@1': 5 / 7, 'image_to_image_recall@8': 1 },
    });
  });

  it('are refused when the sets have no concept in common', async () => {
    const queries = { dataset, set: 'round' };
    await expect(
      evaluateImageRetrieval(model(), dataset, { set: 'round', ks: [1], queries }),
    ).rejects.toThrow(/--queries round: expected images of concepts .* 0 images .*, got none/);
  });
});
