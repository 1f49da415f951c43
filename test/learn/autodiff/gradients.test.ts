import { describe, expect, test } from 'vitest';
import { gradients } from '../../../gpu-embedder/learn/autodiff/gradients.ts';
import { vjpRules } from '../../../gpu-embedder/learn/autodiff/vjp-rules.ts';
import type { Value } from '../../../gpu-embedder/learn/onnx/graph.ts';
import { Graph } from '../../../gpu-embedder/learn/onnx/graph.ts';
import { writeModel } from '../../../gpu-embedder/learn/onnx/model-proto.ts';
import * as op from '../../../gpu-embedder/learn/onnx/operators/index.ts';
import { openSession, tensor } from '../../../gpu-embedder/learn/onnx/session.ts';
import { runGraph } from '../onnx/run-graph.ts';
import { gradientError } from './check-gradient.ts';
import { gradientCases } from './gradient-cases.ts';

/** Largest relative error that rounding explains. */
const tolerance = { float64: 1e-6, float32: 1e-4 };

describe('each rule agrees with central differences', () => {
  const rows = Object.entries(gradientCases).flatMap(([opType, cases]) =>
    cases.map((row, i) => [`${opType} ${i + 1}`, opType, row] as const),
  );
  test.each(rows)('%s', async (_name, opType, row) => {
    const { error, opTypes } = await gradientError(row);
    expect(opTypes).toContain(opType);
    expect(error).toBeLessThan(tolerance[row.dtype ?? 'float64']);
  });

  test('no rule is without a row', () => {
    expect(Object.keys(gradientCases).sort()).toEqual(Object.keys(vjpRules).sort());
  });
});

/** Sum of all elements, the loss of the tests below. */
const total = (g: Graph, x: Value) =>
  op.ReduceSum(
    g,
    x,
    x.shape.map((_, axis) => axis),
    false,
  );

describe('the reverse walk', () => {
  test('adds what flows back from every use of a value', async () => {
    const g = new Graph();
    const x = g.input('x', [3]);
    const y = op.Add(g, op.Mul(g, x, x), op.Add(g, op.Mul(g, x, 5), x)); // x² + 6 x
    const [dx] = gradients(g, total(g, y), [x]);
    g.output(dx as Value, 'dx');
    expect((await runGraph(g, { x: [1, 2, -3] })).dx.data).toEqual([8, 10, 0]);
  });

  test('sums the axes that were broadcast, and those alone', async () => {
    const g = new Graph();
    const a = g.input('a', [2, 3]);
    const row = g.input('row', [3]);
    const column = g.input('column', [2, 1]);
    const scalar = g.input('scalar', []);
    const y = op.Mul(g, op.Add(g, op.Add(g, a, row), column), scalar);
    const wrt = [a, row, column, scalar];
    gradients(g, total(g, y), wrt).forEach((d, i) => g.output(d as Value, `d_${wrt[i].name}`));
    const feeds = { a: [1, 2, 3, 4, 5, 6], row: [0, 0, 1], column: [1, 0], scalar: [2] };
    const result = await runGraph(g, feeds);
    expect(result.d_a).toEqual({ dims: [2, 3], data: [2, 2, 2, 2, 2, 2] });
    expect(result.d_row).toEqual({ dims: [3], data: [4, 4, 4] });
    expect(result.d_column).toEqual({ dims: [2, 1], data: [6, 6] });
    expect(result.d_scalar).toEqual({ dims: [], data: [26] });
  });

  test('gives null for a value that the loss does not depend on, and leaves its nodes alone', () => {
    const g = new Graph();
    const [used, unused, frozen] = ['used', 'unused', 'frozen'].map((name) =>
      g.input(name, [2, 2]),
    );
    op.Exp(g, unused);
    const loss = total(g, op.Mul(g, used, op.Tanh(g, frozen)));
    const before = g.nodes.length;
    const [d, none] = gradients(g, loss, [used, unused]);
    expect(d?.shape).toEqual([2, 2]);
    expect(none).toBeNull();
    // Spreads the seed and multiplies it with the tanh; nothing for the frozen branch.
    expect(g.nodes.slice(before).map((node) => node.opType)).toEqual([
      'Unsqueeze',
      'Expand',
      'Mul',
    ]);
  });

  test('differentiates with respect to a computed value and to the loss itself', async () => {
    const g = new Graph();
    const x = g.input('x', [2]);
    const y = op.Exp(g, x);
    const loss = total(g, op.Mul(g, y, y));
    const [dy, dloss] = gradients(g, loss, [y, loss]);
    g.output(dy as Value, 'dy');
    g.output(dloss as Value, 'dloss');
    const result = await runGraph(g, { x: [0, 0] });
    expect(result.dy.data).toEqual([2, 2]);
    expect(result.dloss).toEqual({ dims: [], data: [1] });
  });

  test('does not follow integers or conditions', () => {
    const g = new Graph();
    const x = g.input('x', [3]);
    const whole = op.Cast(g, op.Cast(g, x, 'int64'), 'float32');
    const gate = op.Cast(g, op.Greater(g, x, 0), 'float32');
    expect(gradients(g, total(g, op.Add(g, whole, 1)), [x])).toEqual([null]);
    expect(gradients(g, total(g, gate), [x])).toEqual([null]);
  });

  test('refuses what it cannot differentiate by name', () => {
    const g = new Graph();
    const x = g.input('x', [1, 4, 4, 4]);
    const w = g.input('w', [4, 2, 3, 3]);
    const grouped = op.Conv(g, x, w, null, { group: 2 });
    expect(() => gradients(g, total(g, grouped), [w])).toThrow(
      'gradient of Conv Conv_0: group must be 1, got 2',
    );
    const [sign] = g.append('Sign', [x], {}, [{ shape: x.shape, dtype: x.dtype }]);
    expect(() => gradients(g, total(g, sign), [x])).toThrow(/Sign_0: there is no rule/);
    expect(() => gradients(g, x, [x])).toThrow(
      'gradients: the loss x must have one element, got shape [1,4,4,4]',
    );
  });
});

/**
 * ScatterND with a reduction lets threads race for a row. That shows in a few runs of a hundred
 * while other processes keep the cores busy, and never at small sizes: hence the many runs, and
 * the look at the operators.
 */
test('the gradient of Gather counts every repeated index', async () => {
  const [rows, width, count] = [10, 256, 5_000];
  const g = new Graph();
  const table = g.initializer('table', new Float32Array(rows * width), [rows, width]);
  const indices = g.input('indices', [count], 'int64');
  const [dx] = gradients(g, total(g, op.Gather(g, table, indices)), [table]);
  g.output(dx as Value, 'dx');
  expect(g.nodes.map((node) => node.opType)).not.toContain('ScatterND');

  const repeated = BigInt64Array.from({ length: count }, (_, i) => BigInt((i * i) % 3));
  const expected = new Float32Array(rows * width);
  for (const row of repeated) for (let i = 0; i < width; i++) expected[Number(row) * width + i]++;
  const session = await openSession(writeModel(g), { threads: 4 });
  for (let run = 0; run < 40; run++) {
    const result = await session.run({ indices: tensor(repeated, [count], 'int64') });
    const data = result.dx.data as Float32Array;
    expect(data.filter((value, i) => value !== expected[i])).toHaveLength(0);
  }
  await session.close();
});
