import { expect, it } from 'vitest';
import type { Concept, DatasetManifest, Item } from '../../gpu-embedder/data/prepared/prepared.ts';
import type { PreparedDataset } from '../../gpu-embedder/data/prepared/read-dataset.ts';
import { chooseItems, sampleItems } from '../../gpu-embedder/measure/embeddings/choose-items.ts';
import { retrievalPairs } from '../../gpu-embedder/measure/queries/retrieval-pairs.ts';

const concept = (
  id: string,
  names: string[],
  languages: Concept['languages'] = {},
): [string, Concept] => [id, { id, names, keywords: ['not a query'], languages }];
const concepts = new Map([
  concept('1f382', ['birthday cake', 'cake'], { es: { names: [], keywords: ['fiesta'] } }),
  concept('1f415', ['dog'], { es: { names: ['perro', 'can'], keywords: ['mascota'] } }),
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

it('names an emoji by its concept, an icon by its title, and leaves out items without a concept', () => {
  const data = dataset('pictograms', [
    { concept: '1f382', set: 'a' },
    { concept: '1f415', set: 'a' },
    { set: 'a' },
    { concept: 'icon:birthdaycake', title: 'birthday cake', set: 'a' },
    { concept: '1f382', set: 'a' },
    { concept: '1f382', set: 'b' },
  ]);
  const pairs = retrievalPairs(data, chooseItems(data, { set: 'a' }));
  expect(pairs.items).toEqual([0, 1, 3, 4]);
  expect(pairs.texts).toEqual(['birthday cake', 'dog', 'birthday cake', 'birthday cake']);
  // Both cakes answer either name; the icon is another concept.
  expect(pairs.imagesOfText).toEqual([[0, 3], [1], [2], [0, 3]]);
  expect(pairs.textsOfImage).toEqual(pairs.imagesOfText);
});

it('names a concept in another language if it has a name in it', () => {
  const data = dataset('pictograms', [
    { concept: '1f382' },
    { concept: '1f415' },
    { concept: 'icon:birthdaycake' },
  ]);
  const pairs = retrievalPairs(data, [0, 1, 2], 'es');
  expect(pairs.items).toEqual([1]);
  expect(pairs.texts).toEqual(['perro']);
});

it('uses all captions of images that are not pictograms', () => {
  const data = dataset('coco', [
    { captions: ['two dogs', 'dogs at play'] },
    { captions: [] },
    { captions: ['a boat'], split: 'validation' },
  ]);
  expect(retrievalPairs(data, [0, 1, 2])).toEqual({
    items: [0, 2],
    texts: ['two dogs', 'dogs at play', 'a boat'],
    imagesOfText: [[0], [0], [1]],
    textsOfImage: [[0, 1], [2]],
  });
  expect(chooseItems(data, { split: 'validation' })).toEqual([2]);
});

it('lists the sets when the requested one does not exist', () => {
  const data = dataset('pictograms', [{ set: 'noto', concept: '1f415' }]);
  expect(() => chooseItems(data, { set: 'nota' })).toThrow(/set nota.*its sets: noto/);
});

it('draws the same sample each time, in order and without repeats', () => {
  const items = Array.from({ length: 1000 }, (_, i) => 3 * i);
  const sample = sampleItems(items, 100);
  expect(sample).toEqual(sampleItems(items, 100));
  expect(new Set(sample).size).toBe(100);
  expect(sample).toEqual([...sample].sort((a, b) => a - b));
  expect(sample.every((item) => items.includes(item))).toBe(true);
  // The sample is not simply the first hundred items.
  expect(Math.max(...sample)).toBeGreaterThan(1500);
  expect(sampleItems(items, 2000)).toEqual(items);
});
