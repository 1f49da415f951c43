import { describe, expect, test } from 'vitest';
import { gradients } from '../../gpu-embedder/autodiff/gradients.ts';
import { vjpRules } from '../../gpu-embedder/autodiff/vjp-rules.ts';
import { Graph } from '../../gpu-embedder/onnx/graph.ts';
import { writeModel } from '../../gpu-embedder/onnx/model-proto.ts';
import * as op from '../../gpu-embedder/onnx/operators/index.ts';
import { openSession, tensor } from '../../gpu-embedder/onnx/session.ts';
import { gradientError } from './check-gradient.ts';
import { gradientCases } from './gradient-cases.ts';

/** Largest relative error that rounding explains. */
const tolerance = { float64: 1e-6, float32: 1e-4 };

describe('each rule agrees with central differences', () => {
  const rows = Object.entries(gradientCases).flatMap(([opType, cases]) =>
    cases.map((row, i) => [`${opType} ${i + 1}`, row] as const),
  );
  test.each(rows)('%s', async (_name, row) => {
    expect(await gradientError(row)).toBeLessThan(tolerance[row.dtype ?? 'float64']);
  });

  test('no rule is without a row', () => {
    expect(Object.keys(gradientCases).sort()).toEqual(Object.keys(vjpRules).sort());
  });
});
