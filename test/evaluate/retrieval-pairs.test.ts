import { expect, it } from 'vitest';
import type { Concept, DatasetManifest, Item } from '../../gpu-embedder/dataset/prepared.ts';
import type { PreparedDataset } from '../../gpu-embedder/dataset/read-dataset.ts';
import { retrievalPairs } from '../../gpu-embedder/evaluate/retrieval-pairs.ts';

const concept = (id: string, names: string[]): [string, Concept] => [
  id,
  { id, names, keywords: ['not a query'], languages: {} },
];
const concepts = new Map([
  concept('1f382', ['birthday cake', 'cake']),
  concept('1f415', ['dog']),
  concept('icon:birthdaycake', ['other name']),
]);

function dataset(kind: DatasetManifest['kind'], items: readonly Partial<Item>[]): PreparedDataset {
  const filled = items.map((item, i): Item => ({
    id: `item${i}`,
    title: `title ${i}`,
    captions: [],
    tags: [],
    image: { offset: 0, length: 0, type: 'image/png' },
    palette: 'colour',
    split: 'train',
    ...item,
  }));
  const counts = { items: items.length, concepts: concepts.size, captions: 0 };
  return {
    dir: 'data',
    manifest: {
      formatVersion: 1,
      name: 'x',
      kind,
      imageSize: 64,
      counts,
      sources: [],
      fingerprint: '',
    },
    items: filled,
    concepts,
  };
}

it('names an emoji by its concept, an icon by its title, and leaves out what has no concept', () => {
  const pairs = retrievalPairs(
    dataset('pictograms', [
      { concept: '1f382', set: 'a' },
      { concept: '1f415', set: 'a' },
      { set: 'a' },
      { concept: 'icon:birthdaycake', title: 'birthday cake', set: 'a' },
      { concept: '1f382', set: 'a' },
      { concept: '1f382', set: 'b' },
    ]),
    { set: 'a' },
  );
  expect(pairs.items).toEqual([0, 1, 3, 4]);
  expect(pairs.texts).toEqual(['birthday cake', 'dog', 'birthday cake', 'birthday cake']);
  // Both cakes answer either name; the icon is another concept.
  expect(pairs.imagesOfText).toEqual([[0, 3], [1], [2], [0, 3]]);
  expect(pairs.textsOfImage).toEqual(pairs.imagesOfText);
});

it('takes the captions of images of other kinds, all of them', () => {
  const data = dataset('coco', [
    { captions: ['two dogs', 'dogs at play'] },
    { captions: [] },
    { captions: ['a boat'], split: 'validation' },
  ]);
  expect(retrievalPairs(data, {})).toEqual({
    items: [0, 2],
    texts: ['two dogs', 'dogs at play', 'a boat'],
    imagesOfText: [[0], [0], [1]],
    textsOfImage: [[0, 1], [2]],
  });
  expect(retrievalPairs(data, { split: 'validation' }).items).toEqual([2]);
});

it('says which sets there are where the one asked for is not', () => {
  const data = dataset('pictograms', [{ set: 'noto', concept: '1f415' }]);
  expect(() => retrievalPairs(data, { set: 'nota' })).toThrow(/set nota.*its sets: noto/);
});
