import { describe, expect, it } from 'vitest';
import {
  buildKeywordIndex,
  loadKeywordIndex,
  type KeywordDoc,
  type Suggestion,
} from '../../../src/search/keywords/keyword-index.ts';

const own = (names: string[], tags: string[] = [], other: string[] = []): KeywordDoc => ({
  items: [],
  names,
  tags,
  other,
});
const guessed = (suggested: Record<string, number>): KeywordDoc => ({
  ...own([]),
  suggested: Object.entries(suggested).map(([text, confidence]): Suggestion => ({
    text,
    confidence,
  })),
});
const search = (docs: readonly KeywordDoc[], query: string) =>
  loadKeywordIndex(buildKeywordIndex(docs).json).search(query, 100);
const ids = (docs: readonly KeywordDoc[], query: string) => search(docs, query).map(({ id }) => id);

describe('keyword search over guesses', () => {
  const docs = [
    guessed({ cake: 0.3, party: 0.3 }),
    guessed({ 'birthday cake': 0.9, candle: 0.4 }),
    guessed({ cake: 0.6 }),
    guessed({ car: 1 }),
  ];

  it('finds groups by their guesses, the likely ones first', () => {
    expect(ids(docs, 'cake')).toEqual([1, 2, 0]);
    expect(ids(docs, 'candles')).toEqual([1]);
  });

  it('scores the best of them by its confidence, not as a certain match', () => {
    expect(search(docs, 'party')[0].score).toBeCloseTo(0.3);
    expect(search(docs, 'party nonsenseword')[0].score).toBeCloseTo(0.3 / 2);
  });

  it('ranks by the most likely text where several have the word', () => {
    const twice = [guessed({ cake: 0.5 }), guessed({ 'cake shop': 0.2, 'birthday cake': 0.9 })];
    expect(ids(twice, 'cake')).toEqual([1, 0]);
  });

  it('refuses an index whose confidences are cut short', () => {
    const stored = JSON.parse(buildKeywordIndex(docs).json) as { confidences: number[] };
    stored.confidences.pop();
    expect(() => loadKeywordIndex(JSON.stringify(stored))).toThrow(
      /keywords\.json: expected 7 confidences .* got 6/,
    );
  });
});

describe('keyword search over texts and guesses', () => {
  const captioned = [
    own(['birthday cake'], ['celebration', 'candle'], ['tarta de cumpleaños']),
    own(['shortcake'], ['cake', 'dessert']),
    own(['carrot'], ['vegetable', 'rabbit food']),
    own(['car'], ['vehicle']),
    own(['hot dog'], ['sausage']),
    own(['dog'], ['pet']),
    own(['photo of a street'], ['two dogs and a car in front of a shop that sells cake']),
  ];
  const guesses = [
    guessed({ cake: 1, dessert: 1, candle: 1 }),
    guessed({ dgo: 1, dogs: 0.9, dog: 0.9, pet: 0.8 }),
    guessed({ car: 1, carriage: 0.7, vehicle: 1, cumpleaños: 1, vegetables: 0.5 }),
  ];
  const queries = [
    ...['cake', 'birthday cake', 'dog', 'dgo', 'dogs', 'car', 'ca', 'carr', 'vehicle', 'pet'],
    ...['a dog in a car', 'vegetables', 'cumpleanos', 'candel', 'dessert with cake', 'brithday'],
  ];

  it.each(queries)('leaves the order of what texts find for "%s" as it was', (query) => {
    const both = ids([...captioned, ...guesses], query);
    const silent = guesses.map(() => own([]));
    expect(both.filter((id) => id < captioned.length)).toEqual(
      ids([...captioned, ...silent], query),
    );
  });

  it('puts a text above a guess of the same word, however certain', () => {
    const long = Array.from({ length: 2000 }, (_, i) => `word${i}`);
    const texts = [
      own([], ['cake', ...long]),
      own([...long, 'cake']),
      own([], [], ['cake']),
      own([], [`${long.join(' ')} cake`]),
      own(['plain']),
      own(['plate'], ['dish', 'table']),
    ];
    const [first, second] = [texts.length, texts.length + 1];
    const found = ids([...texts, guessed({ cake: 1 }), guessed({ 'cake shop': 1 })], 'cake');
    expect(found.slice(0, 4).sort()).toEqual([0, 1, 2, 3]);
    expect(found.slice(4)).toEqual([first, second]);
  });

  it('writes the same index as before where there are no guesses', () => {
    const without = buildKeywordIndex(captioned).json;
    expect(buildKeywordIndex(captioned.map((doc) => ({ ...doc, suggested: [] }))).json).toBe(
      without,
    );
    expect(JSON.parse(without)).toMatchObject({ formatVersion: 1 });
    expect(JSON.parse(without)).not.toHaveProperty('confidences');
  });

  it('cannot be taken for one of the format before, which knows no guesses', () => {
    const { json } = buildKeywordIndex([...captioned, ...guesses]);
    expect(JSON.parse(json)).toMatchObject({ formatVersion: 2 });
  });
});
