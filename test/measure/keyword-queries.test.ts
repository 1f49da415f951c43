import { describe, expect, it } from 'vitest';
import type { Concept, Item } from '../../gpu-embedder/data/prepared/prepared.ts';
import type { PreparedDataset } from '../../gpu-embedder/data/prepared/read-dataset.ts';
import {
  drawKeywordQueries,
  keywordQueriesOf,
} from '../../gpu-embedder/measure/queries/keyword-queries.ts';

// Birthday cake, shortcake, dog, guide dog (a sequence), and an icon.
const ids = ['1f382', '1f370', '1f415', '1f9ae', 'icon:dog'];
const concepts = new Map(
  ids.map((id): [string, Concept] => [id, { id, names: [], keywords: [], languages: {} }]),
);
const items = ids.map((concept) => ({ concept }) as Item);
const dataset = { concepts, items } as unknown as PreparedDataset;

describe('queries of random emoji', () => {
  it('are CLDR keywords, the same for a seed, with all emoji that share them', async () => {
    const queries = await drawKeywordQueries(dataset, ids, 60, 1);
    expect(queries).toEqual(await drawKeywordQueries(dataset, ids, 60, 1));
    expect(queries).not.toEqual(await drawKeywordQueries(dataset, ids, 60, 2));
    expect(new Set(queries.map(({ concept }) => concept))).toEqual(new Set(ids.slice(0, 4)));
    // Birthday cake 🎂 and shortcake 🍰 have "pastry" in common.
    const pastry = queries.find(({ text }) => text === 'pastry');
    expect(pastry?.concepts).toEqual(new Set(['1f382', '1f370']));
  });

  it('never change, because documented numbers depend on them', async () => {
    const queries = await drawKeywordQueries(dataset, ids, 4, 2);
    expect(queries.map(({ text }) => text)).toMatchInlineSnapshot(`
      [
        "animals",
        "dessert",
        "dog",
        "cake",
      ]
    `);
  });
});

describe('queries of each emoji', () => {
  const all = [...items.keys()];
  const draw = (language: string) =>
    Array.from({ length: 30 }, (_, seed) => keywordQueriesOf(dataset, all, language, seed)).flat();

  it('are one for each item that CLDR annotates, in order', () => {
    const queries = keywordQueriesOf(dataset, [4, 2, 0], 'en', 1);
    expect(queries.map(({ concept }) => concept)).toEqual(['1f415', '1f382']);
    expect(queries).toEqual(keywordQueriesOf(dataset, [4, 2, 0], 'en', 1));
  });

  it('are never the name of their own emoji, but another emoji may have that name', () => {
    const queries = draw('en');
    expect(queries.filter(({ text, concept }) => text === 'dog' && concept === '1f415')).toEqual(
      [],
    );
    const guide = queries.find(({ text, concept }) => text === 'dog' && concept === '1f9ae');
    expect(guide?.concepts).toEqual(new Set(['1f415', '1f9ae']));
  });

  it('are in the requested language', () => {
    const spanish = new Set(draw('es').map(({ text }) => text));
    expect(spanish).toContain('celebración');
    expect(spanish).not.toContain('celebration');
  });
});
