import { expect, test } from 'vitest';
import { createRandom } from '../../../gpu-embedder/common/random.ts';
import { mixImages } from '../../../gpu-embedder/learn/train/batch/mix-images.ts';

const [rows, size] = [40, 8];
const length = 3 * size * size;

/** Row r is all r, and of class r alone. */
function batch() {
  const pixels = Float32Array.from({ length: rows * length }, (_, i) => Math.floor(i / length));
  const targets = new Float32Array(rows * rows);
  for (let row = 0; row < rows; row++) targets[row * rows + row] = 1;
  return { pixels, targets };
}

const sum = (values: Float32Array) => values.reduce((a, b) => a + b, 0);

test('the target of a mixed picture says how much of each picture it shows', () => {
  const { pixels, targets } = batch();
  mixImages({ pixels, targets: [targets] }, rows, size, 1, createRandom(1));
  let mixed = 0;
  for (let row = 0; row < rows; row++) {
    const target = targets.subarray(row * rows, (row + 1) * rows);
    const shown = sum(pixels.subarray(row * length, (row + 1) * length)) / length;
    expect(sum(target)).toBeCloseTo(1, 5);
    // Its own picture is at least half of it.
    expect(target[row]).toBeGreaterThan(0.43);
    expect(shown).toBeCloseTo(
      target.reduce((total, mass, r) => total + mass * r, 0),
      4,
    );
    if (target[row] < 1) mixed++;
  }
  expect(mixed).toBeGreaterThan(rows * 0.8);
});

test('the share says how many are mixed', () => {
  const whole = batch();
  mixImages({ pixels: whole.pixels, targets: [whole.targets] }, rows, size, 0, createRandom(1));
  expect(whole).toEqual(batch());
  const { pixels, targets } = batch();
  mixImages({ pixels, targets: [targets] }, rows, size, 0.3, createRandom(2));
  const untouched = Array.from({ length: rows }, (_, r) => targets[r * rows + r] === 1);
  expect(untouched.filter(Boolean).length).toBeGreaterThan(rows * 0.5);
  expect(untouched.filter(Boolean).length).toBeLessThan(rows);
});
