import { expect, it } from 'vitest';
import type { Concept } from '../../gpu-embedder/dataset/prepared.ts';
import type { PreparedDataset } from '../../gpu-embedder/dataset/read-dataset.ts';
import { drawKeywordQueries } from '../../gpu-embedder/evaluate/keyword-queries.ts';

const ids = ['1f382', '1f370', '1f415', 'icon:dog'];
const concepts = new Map(
  ids.map((id): [string, Concept] => [id, { id, names: [], keywords: [], languages: {} }]),
);
const dataset = { concepts } as unknown as PreparedDataset;

it('draws CLDR keywords of emoji, the same for a seed, with all emoji that share them', async () => {
  const queries = await drawKeywordQueries(dataset, ids, 60, 1);
  expect(queries).toEqual(await drawKeywordQueries(dataset, ids, 60, 1));
  expect(queries).not.toEqual(await drawKeywordQueries(dataset, ids, 60, 2));
  expect(new Set(queries.map(({ concept }) => concept))).toEqual(new Set(ids.slice(0, 3)));
  // Birthday cake 🎂 and shortcake 🍰 have "pastry" in common.
  const pastry = queries.find(({ text }) => text === 'pastry');
  expect(pastry?.concepts).toEqual(new Set(['1f382', '1f370']));
});
