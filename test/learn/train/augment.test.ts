import { expect, test } from 'vitest';
import { createRandom } from '../../../gpu-embedder/common/random.ts';
import { randomView } from '../../../gpu-embedder/learn/train/batch/augment.ts';
import { plainView, type Picture } from '../../../gpu-embedder/learn/train/batch/render-view.ts';

const side = 16;
const normalisation = { mean: [0, 0, 0], std: [1, 1, 1] };

/** An opaque square in the middle, of one colour. */
function square(colour: readonly [number, number, number], palette: Picture['palette']): Picture {
  const pixels = new Uint8Array(side * side * 4);
  for (let y = 4; y < 12; y++) {
    for (let x = 4; x < 12; x++) pixels.set([...colour, 255], (y * side + x) * 4);
  }
  return { pixels, side, palette };
}

const view = (picture: Picture, kind: 'pictogram' | 'photograph', seed: number): Float32Array => {
  const out = new Float32Array(3 * side * side);
  randomView(picture, { size: side, out, offset: 0, normalisation }, kind, createRandom(seed));
  return out;
};

test('the plain view is the picture over white', () => {
  const out = new Float32Array(3 * side * side);
  plainView(square([255, 0, 0], 'colour'), { size: side, out, offset: 0, normalisation });
  const at = (c: number, y: number, x: number) => out[(c * side + y) * side + x];
  expect([0, 1, 2].map((c) => at(c, 8, 8))).toEqual([1, 0, 0]);
  expect([0, 1, 2].map((c) => at(c, 1, 1))).toEqual([1, 1, 1]);
});

test.each(['pictogram', 'photograph'] as const)('%s views are colours, and differ', (kind) => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 100; seed++) {
    const out = view(square([30, 160, 90], seed % 2 ? 'mono' : 'colour'), kind, seed);
    expect(Math.min(...out)).toBeGreaterThanOrEqual(-1e-5);
    expect(Math.max(...out)).toBeLessThanOrEqual(1 + 1e-5);
    seen.add(out.join());
  }
  expect(seen.size).toBeGreaterThan(90);
  expect(view(square([9, 9, 9], 'mono'), kind, 3)).toEqual(
    view(square([9, 9, 9], 'mono'), kind, 3),
  );
});

test('some pictogram views of a coloured picture are drawn in one ink', () => {
  const greyInks = Array.from({ length: 300 }, (_, seed) => {
    const out = view(square([200, 30, 30], 'colour'), 'pictogram', seed);
    const plane = side * side;
    const isGrey = (i: number) =>
      Math.abs(out[i] - out[i + plane]) < 0.02 && Math.abs(out[i] - out[i + 2 * plane]) < 0.02;
    const dark = Array.from({ length: plane }, (_, i) => i).filter((i) => out[i] < 0.2);
    return dark.length > 0 && Array.from({ length: plane }, (_, i) => i).every(isGrey);
  });
  expect(greyInks.filter(Boolean).length).toBeGreaterThan(10);
});
