import { describe, expect, it } from 'vitest';
import { DiptychError } from '../../../src/errors.ts';
import {
  buildKeywordIndex,
  loadKeywordIndex,
  type KeywordDoc,
} from '../../../src/search/keywords/keyword-index.ts';

const doc = (names: string[], tags: string[] = [], other: string[] = []): KeywordDoc => ({
  items: [],
  names,
  tags,
  other,
});

const docs: KeywordDoc[] = [
  {
    ...doc(
      ['birthday cake'],
      ['celebration', 'candle'],
      ['誕生日ケーキ', 'ケーキ', 'tarta de cumpleaños'],
    ),
    items: [4, 7],
  },
  doc(['shortcake'], ['cake', 'dessert']),
  doc(['cake off'], ['birthday']),
  doc(['dog'], ['pet', 'animal'], ['犬', '子犬', 'perro']),
  doc(['hot dog'], ['sausage', 'fast food'], ['perrito caliente']),
  doc(['crème brûlée'], ['dessert'], ['Füße']),
  doc(['carrot'], ['vegetable']),
  doc(['car'], ['vehicle', 'automobile']),
  doc(['beer mug'], ['drink', 'bar'], ['cerveza', 'jarra de cerveza']),
  doc(['ginger root'], ['spice'], ['cerveza de jengibre']),
];
const index = loadKeywordIndex(buildKeywordIndex(docs).json);
const names = (query: string, limit = 10): string[] =>
  index.search(query, limit).map(({ id }) => docs[id].names[0]);

describe('keyword index', () => {
  it('looks for the first 64 words of a text, however long it is', () => {
    const others = Array.from({ length: 1200 }, (_, i) => `wrod${i}`);
    const at = (place: number) => names(others.toSpliced(place, 0, 'carrot').join(' '));
    expect(at(63)).toEqual(['carrot']);
    expect(at(64)).toEqual([]);
  });

  it('puts the group that is called what is searched first, at score 1', () => {
    expect(names('birthday cake')[0]).toBe('birthday cake');
    expect(names('Dog')[0]).toBe('dog');
    const [first, second] = index.search('dog', 2);
    expect(first.score).toBe(1);
    expect(second.score).toBeLessThanOrEqual(1 / 1.5);
  });

  it('weighs a name above a tag', () => {
    expect(names('cake').indexOf('cake off')).toBeLessThan(names('cake').indexOf('shortcake'));
  });

  it('ranks a group that matches more of the query higher', () => {
    expect(names('cake with a candle')[0]).toBe('birthday cake');
  });

  it('scores by the share of the query that the best hit matches', () => {
    expect(index.search('vegetable', 1)[0].score).toBeCloseTo(1);
    expect(index.search('vegetable nonsenseword', 1)[0].score).toBeCloseTo(1 / 2);
  });

  it('prefers a keyword that is all of the query to one that only holds it', () => {
    expect(names('cerveza')).toEqual(['beer mug', 'ginger root']);
  });

  it('finds what is still being typed', () => {
    expect(names('birthd')).toContain('birthday cake');
    expect(names('vege')).toEqual(['carrot']);
    expect(names('car')[0]).toBe('car');
    expect(names('car')).toContain('carrot');
  });

  it('forgives typos in words that it does not know', () => {
    expect(names('brithday cake')[0]).toBe('birthday cake');
    expect(names('sausgae')).toEqual(['hot dog']);
    expect(names('automobyle')).toEqual(['car']);
    expect(names('pat')).toEqual([]);
  });

  it('folds case, diacritics and letters with strokes', () => {
    expect(names('CREME BRULEE')[0]).toBe('crème brûlée');
    expect(names('fusse')).toEqual(['crème brûlée']);
    expect(names('cumpleanos')).toEqual(['birthday cake']);
  });

  it('finds parts of words in scripts without spaces', () => {
    expect(names('犬')).toEqual(['dog']);
    expect(names('誕生日')).toEqual(['birthday cake']);
    expect(names('ケーキ')).toEqual(['birthday cake']);
    expect(names('生日')).toEqual(['birthday cake']);
    expect(names('猫')).toEqual([]);
  });

  it('ignores words that say nothing, unless there are no others', () => {
    expect(names('a picture of the dog')[0]).toBe('dog');
    expect(names('off')).toEqual(['cake off']);
    expect(names('of the')).toEqual([]);
  });

  it('returns nothing for a query without words, and as many hits as asked', () => {
    expect(names('  !? ')).toEqual([]);
    expect(names('dessert', 1)).toHaveLength(1);
  });

  it('keeps the items of a group', () => {
    const [hit] = index.search('birthday cake', 1);
    expect(index.itemsOf(hit.id)).toEqual([4, 7]);
    expect(index.groups).toBe(docs.length);
  });

  it('survives an index without groups', () => {
    expect(loadKeywordIndex(buildKeywordIndex([]).json).search('dog', 5)).toEqual([]);
  });

  it.each([
    ['not json', 'no JSON'],
    ['{"formatVersion":3}', 'another format'],
  ])('refuses %s', (json) => {
    expect(() => loadKeywordIndex(json)).toThrow(DiptychError);
    expect(() => loadKeywordIndex(json)).toThrow(/keywords\.json/);
  });

  it('refuses an index that is cut short', () => {
    const stored = JSON.parse(buildKeywordIndex(docs).json) as { postings: number[] };
    stored.postings.pop();
    expect(() => loadKeywordIndex(JSON.stringify(stored))).toThrow(/expected \d+ postings/);
  });
});
