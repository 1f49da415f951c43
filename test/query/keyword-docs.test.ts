import { expect, it } from 'vitest';
import { keywordDocs } from '../../src/query/keyword-docs.ts';

it('shares the texts of a concept among its items and leaves the others alone', () => {
  const item = { captions: [], tags: [] };
  const concepts = new Map([
    [
      'dog',
      {
        names: ['dog'],
        keywords: ['pet'],
        languages: { es: { names: ['perro'], keywords: ['can'] } },
      },
    ],
  ]);
  const docs = keywordDocs(
    [
      { ...item, title: 'dog', concept: 'dog' },
      { ...item, title: 'IMG 1', captions: ['two cats'], tags: ['indoor'] },
      { ...item, title: 'dog face', concept: 'dog', tags: ['animal'] },
      { ...item, title: 'lost', concept: 'unknown' },
    ],
    concepts,
  );
  expect(docs).toEqual([
    { items: [0, 2], names: ['dog', 'dog face'], tags: ['pet', 'animal'], other: ['perro', 'can'] },
    { items: [1], names: ['IMG 1'], tags: ['two cats', 'indoor'], other: [] },
    { items: [3], names: ['lost'], tags: [], other: [] },
  ]);
});
