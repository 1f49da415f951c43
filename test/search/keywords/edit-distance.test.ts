import { expect, it } from 'vitest';
import { editDistance } from '../../../src/search/keywords/edit-distance.ts';

it.each([
  ['cake', 'cake', 0],
  ['cake', 'cakes', 1],
  ['cake', 'coke', 1],
  ['birthday', 'brithday', 1],
  ['kitten', 'sitting', 3],
  ['', 'abc', 3],
  ['ca', 'abc', 3],
  ['a'.repeat(200), 'a'.repeat(199), 1],
])('%s to %s is %i', (a, b, expected) => {
  expect(editDistance(a, b, 5)).toBe(expected);
  expect(editDistance(b, a, 5)).toBe(expected);
});

it('stops at the limit', () => {
  expect(editDistance('kitten', 'sitting', 2)).toBe(3);
  expect(editDistance('abc', 'abcdefgh', 2)).toBe(3);
});
