import { expect, test } from 'vitest';
import type { Slot } from '../../../gpu-embedder/learn/train/step/adamw.ts';
import { adamWStep, gradientNorm } from '../../../gpu-embedder/learn/train/step/adamw.ts';

function slot(values: number[], decay: boolean): Slot {
  const data = Float32Array.from(values);
  const zeros = () => new Float32Array(values.length);
  return {
    name: 'w',
    shape: [values.length],
    decay,
    data,
    m: zeros(),
    v: zeros(),
    average: data.slice(),
  };
}

const options = { step: 1, learningRate: 0.1, weightDecay: 0.5, clipNorm: 1e9, emaDecay: 0.9 };

test('the first step moves each weight by the learning rate against the sign of its gradient', () => {
  const w = slot([1, 1, 1], false);
  adamWStep([w], [Float32Array.of(3, -0.001, 0)], 3, options);
  expect(w.data[0]).toBeCloseTo(0.9, 5);
  expect(w.data[1]).toBeCloseTo(1.1, 3);
  expect(w.data[2]).toBe(1);
});

test('decay shrinks matrices apart from the gradient and leaves the rest alone', () => {
  const matrix = slot([2], true);
  const bias = slot([2], false);
  adamWStep([matrix, bias], [Float32Array.of(0), Float32Array.of(0)], 0, options);
  expect(matrix.data[0]).toBeCloseTo(2 * (1 - 0.1 * 0.5), 6);
  expect(bias.data[0]).toBe(2);
});

test('gradients are scaled to the clip norm before the moments', () => {
  const w = slot([0, 0], false);
  const gradient = Float32Array.of(30, 40);
  const norm = gradientNorm([gradient]);
  expect(norm).toBeCloseTo(50);
  adamWStep([w], [gradient], norm, { ...options, clipNorm: 5 });
  expect(w.m[0]).toBeCloseTo(0.1 * 3, 5);
  expect(w.m[1]).toBeCloseTo(0.1 * 4, 5);
});

test('a quadratic bowl is descended to its minimum', () => {
  const w = slot([5, -3], false);
  for (let step = 1; step <= 2000; step++) {
    const gradient = w.data.map((x, i) => x - [1, 2][i]);
    adamWStep([w], [gradient], gradientNorm([gradient]), {
      ...options,
      step,
      learningRate: 0.05 * (1 - step / 2001),
    });
  }
  expect(w.data[0]).toBeCloseTo(1, 2);
  expect(w.data[1]).toBeCloseTo(2, 2);
});
