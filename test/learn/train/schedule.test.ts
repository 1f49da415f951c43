import { expect, test } from 'vitest';
import { learningRateAt } from '../../../gpu-embedder/learn/train/run/schedule.ts';

const config = { steps: 110, warmupSteps: 10, learningRate: 2, finalShare: 0.1 };

test('the rate warms up linearly, peaks, and ends at its final share', () => {
  expect(learningRateAt(0, config)).toBeCloseTo(0.2);
  expect(learningRateAt(4, config)).toBeCloseTo(1);
  expect(learningRateAt(10, config)).toBeCloseTo(2);
  expect(learningRateAt(60, config)).toBeCloseTo(2 * (0.1 + 0.9 * 0.5));
  expect(learningRateAt(110, config)).toBeCloseTo(0.2);
});
