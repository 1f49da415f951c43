import { expect, test } from 'vitest';
import { createRandom } from '../../../gpu-embedder/common/random.ts';
import {
  captionPool,
  drawCaption,
  withTypo,
} from '../../../gpu-embedder/learn/train/batch/captions.ts';

const cake = {
  id: '1f382',
  names: ['birthday cake'],
  keywords: ['party', 'candles'],
  languages: { es: { names: ['Tarta de cumpleaños'], keywords: ['pastel'] } },
};

test('every part of a drawn caption is in the pool of its concept', () => {
  const random = createRandom(3);
  const pool = captionPool(cake);
  const drawn = Array.from({ length: 500 }, () => drawCaption(null, cake, 0.5, random));
  for (const { parts } of drawn) for (const part of parts) expect(pool).toContain(part);
  const texts = new Set(drawn.map(({ text }) => text));
  expect(texts).toContain('birthday cake');
  expect(texts).toContain('Tarta de cumpleaños');
  expect(texts).toContain('party');
});

test('captions are drawn in English and in other languages by the share that is asked for', () => {
  const drawn = (share: number) => {
    const random = createRandom(4);
    const captions = Array.from({ length: 400 }, () => drawCaption(null, cake, share, random));
    return captions.filter(({ text }) => /tarta|pastel/i.test(text)).length / 400;
  };
  expect(drawn(1)).toBe(0);
  expect(drawn(0)).toBe(1);
  expect(Math.abs(drawn(0.7) - 0.3)).toBeLessThan(0.06);
});

test('a caption in another language means what the concept is called in English', () => {
  const foreign = drawCaption(null, cake, 0, createRandom(1));
  expect(foreign.meaning).toEqual(['birthday cake']);
});

test('a typo changes one long word by one edit and leaves short ones alone', () => {
  const random = createRandom(5);
  expect(withTypo('a cat', random)).toBe('a cat');
  for (let i = 0; i < 200; i++) {
    const typed = withTypo('birthday', random);
    expect(Math.abs(typed.length - 8)).toBeLessThanOrEqual(1);
    // What stands before and after the error is as it was.
    const [before, after] = [
      sharedStart(typed, 'birthday'),
      sharedStart(mirror(typed), 'yadhtrib'),
    ];
    expect(before + after).toBeGreaterThanOrEqual(6);
  }
});

const mirror = (text: string): string => text.split('').reverse().join('');

function sharedStart(a: string, b: string): number {
  let length = 0;
  while (length < b.length && a[length] === b[length]) length++;
  return length;
}
