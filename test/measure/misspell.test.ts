import { expect, it } from 'vitest';
import { misspell } from '../../gpu-embedder/measure/queries/misspell.ts';
import { createRandom } from '../../gpu-embedder/common/random.ts';

/** Smallest number of letters left out, added, replaced or swapped with their neighbour. */
function distance(a: string, b: string): number {
  const [from, to] = [[...a], [...b]];
  const table = Array.from({ length: from.length + 1 }, (_, i) =>
    Array.from({ length: to.length + 1 }, (_, j) => i + j),
  );
  for (let i = 1; i <= from.length; i++) {
    for (let j = 1; j <= to.length; j++) {
      const [cost, swapped] = [
        from[i - 1] === to[j - 1] ? 0 : 1,
        i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1],
      ];
      table[i][j] = Math.min(
        table[i - 1][j] + 1,
        table[i][j - 1] + 1,
        table[i - 1][j - 1] + cost,
        swapped ? table[i - 2][j - 2] + 1 : Infinity,
      );
    }
  }
  return table[from.length][to.length];
}

const many = (text: string) => {
  const random = createRandom(7);
  return Array.from({ length: 300 }, () => misspell(text, random)!);
};

it.each([
  'birthday cake',
  'aaaa',
  'man: dark-haired',
  'собака',
  'バースデーケーキ',
  'été'.repeat(2),
])('makes one error in %s: errors vary, but a seed repeats them', (text) => {
  const typed = many(text);
  expect(new Set(typed.map((one) => distance(text, one)))).toEqual(new Set([1]));
  expect(new Set(typed).size).toBeGreaterThan(5);
  expect(many(text)).toEqual(typed);
});

it('leaves words of fewer than four letters as they are', () => {
  for (const typed of many('a red heart')) expect(typed).toMatch(/^a red /);
  expect(misspell('a red dog', createRandom(1))).toBeNull();
});

it('uses letters of the script of the word', () => {
  for (const typed of many('собака')) expect(typed).toMatch(/^[собака]+$/);
  for (const typed of many('cake')) expect(typed).toMatch(/^[a-z]+$/);
});
