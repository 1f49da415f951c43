import { expect, test } from 'vitest';
import { collectWords, wordsOf } from '../../../gpu-embedder/learn/train/batch/words.ts';

const subject = (names: string[], keywords: string[], items: number[]) => ({
  concept: { id: names[0], names, keywords, languages: {} },
  items,
  pool: new Set<string>(),
});
const item = { captions: [] };
const items = Array.from({ length: 6 }, () => item);
const words = collectWords(
  [
    subject(['red boat'], ['sea'], [0, 1, 2]),
    subject(['red house'], ['home'], [3, 4]),
    subject(['Zug'], [], [5]),
  ],
  { items } as never,
  2,
);

test('a word is a run of letters or of digits, in lower case', () => {
  expect([...wordsOf('Shopping-cart 24h, ÉTÉ')]).toEqual(['shopping', 'cart', '24', 'h', 'été']);
});

test('words of enough images are known', () => {
  expect(words.list).toEqual(['boat', 'home', 'house', 'red', 'sea']);
});

test('a caption spreads a mass of one over its words, rare ones heavier', () => {
  const spread = words.spread(['a red boat']);
  const at = (word: string) => spread.get(words.list.indexOf(word)) ?? 0;
  expect(spread.size).toBe(2);
  expect(at('red') + at('boat')).toBeCloseTo(1);
  // log(1 + 6/5) against log(1 + 6/3)
  expect(at('red') / at('boat')).toBeCloseTo(Math.log(2.2) / Math.log(3));
});

test('texts weigh as they are told to; a word of two of them counts once, as the heavier', () => {
  const spread = words.spread(['boat', 'boat house'], [1, 0.25]);
  const [boat, house] = ['boat', 'house'].map((word) => spread.get(words.list.indexOf(word))!);
  expect(boat / house).toBeCloseTo((4 * Math.log(3)) / Math.log(4));
  expect(words.spread(['unheard of']).size).toBe(0);
});
