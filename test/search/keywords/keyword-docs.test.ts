import { expect, it } from 'vitest';
import { keywordDocs } from '../../../src/search/keywords/keyword-docs.ts';

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

it('gives an item that texts were guessed for a group of its own', () => {
  const item = { title: '', captions: [], tags: [], concept: 'thing' };
  const suggested = [{ text: 'lamp', confidence: 0.4 }];
  const concepts = new Map([['thing', { names: [], keywords: ['object'], languages: {} }]]);
  expect(keywordDocs([item, { ...item, suggested }, item], concepts)).toEqual([
    { items: [0, 2], names: [''], tags: ['object'], other: [] },
    { items: [1], names: [''], tags: ['object'], other: [], suggested },
  ]);
});
