import { describe, expect, test } from 'vitest';
import type { DataType, Shape, Value } from '../../../gpu-embedder/learn/onnx/graph.ts';
import { Graph } from '../../../gpu-embedder/learn/onnx/graph.ts';
import * as op from '../../../gpu-embedder/learn/onnx/operators/index.ts';
import { gradientCases } from '../autodiff/gradient-cases.ts';
import { runGraph } from './run-graph.ts';

interface ShapeCase {
  readonly shapes: readonly Shape[];
  readonly build: (g: Graph, ...operands: Value[]) => Value;
  readonly dtype?: DataType;
}

const otherCases: Readonly<Record<string, readonly ShapeCase[]>> = {
  Not: [{ shapes: [[2, 3]], build: (g, x) => op.Not(g, op.Less(g, x, 0)) }],
  Equal: [{ shapes: [[2, 3], [3]], build: op.Equal }],
  Shape: [{ shapes: [[2, 3]], build: op.Shape }],
  OneHot: [{ shapes: [[2, 3]], build: (g, x) => op.OneHot(g, op.Cast(g, x, 'int64'), 5) }],
  ScatterElements: [
    {
      shapes: [
        [4, 3],
        [2, 3],
      ],
      build: (g, x, updates) =>
        op.ScatterElements(g, x, g.constant([0, 1, 2, 3, 0, 0], [2, 3], 'int64'), updates),
    },
  ],
  DequantizeLinear: [
    {
      shapes: [[2, 3], [3]],
      build: (g, x, scale) => op.DequantizeLinear(g, op.Cast(g, x, 'uint8'), scale, null, 1),
      dtype: 'float32',
    },
  ],
  ConvTranspose: [
    {
      shapes: [[2, 3, 4, 5], [3, 2, 3, 3], [2]],
      build: (g, x, w, b) =>
        op.ConvTranspose(g, x, w, b, {
          strides: [2, 2],
          pads: [1, 1, 0, 1],
          outputPadding: [1, 0],
        }),
      dtype: 'float32',
    },
  ],
  'grouped, dilated Conv': [
    {
      shapes: [
        [1, 4, 9, 8],
        [6, 2, 3, 2],
      ],
      build: (g, x, w) =>
        op.Conv(g, x, w, null, {
          group: 2,
          dilations: [2, 1],
          strides: [1, 3],
          pads: [0, 1, 2, 3],
        }),
      dtype: 'float32',
    },
  ],
};

describe('each operator runs in onnxruntime and gives the shape and type that it announced', () => {
  const rows = Object.entries({ ...gradientCases, ...otherCases }).flatMap(([name, cases]) =>
    cases.map((row: ShapeCase, i) => [`${name} ${i + 1}`, row] as const),
  );
  test.each(rows)('%s', async (_name, { shapes, build, dtype = 'float64' }) => {
    const g = new Graph();
    const operands = shapes.map((shape, i) => g.input(`x${i}`, shape, dtype));
    const y = g.output(build(g, ...operands), 'y');
    const feeds = operands.map((x) => [
      x.name,
      new Array<number>(x.shape.reduce((size, dim) => size * dim, 1)).fill(1),
    ]);
    const result = await runGraph(g, Object.fromEntries(feeds));
    expect(result.y.dims).toEqual(y.shape);
  });
});

describe('values', () => {
  test('Gemm, MatMul and FusedMatMul agree', async () => {
    const g = new Graph();
    const a = g.input('a', [2, 3]);
    const b = g.input('b', [3, 2]);
    g.output(op.MatMul(g, a, b), 'matmul');
    g.output(op.Gemm(g, b, a, null, { transA: true, transB: true }), 'transposed');
    g.output(op.FusedMatMul(g, a, b, { alpha: 2 }), 'doubled');
    const result = await runGraph(g, { a: [1, 2, 3, 4, 5, 6], b: [1, 0, 0, 1, 1, 1] });
    expect(result.matmul.data).toEqual([4, 5, 10, 11]);
    expect(result.transposed.data).toEqual([4, 10, 5, 11]);
    expect(result.doubled.data).toEqual([8, 10, 20, 22]);
  });

  test('spaceToDepth orders channels (c p + dy) p + dx', async () => {
    const g = new Graph();
    const x = g.input('x', [1, 2, 2, 4]);
    g.output(op.spaceToDepth(g, x, 2), 'y');
    const pixels = Array.from({ length: 16 }, (_, i) => i);
    const { y } = await runGraph(g, { x: pixels });
    expect(y.dims).toEqual([1, 8, 1, 2]);
    expect(y.data).toEqual([0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15]);
  });
});

describe('a graph runs at sizes it was not built for', () => {
  test('Reshape keeps leading axes and folds them', async () => {
    const g = new Graph();
    const x = g.input('x', [2, 3, 4], 'float32', ['batch', 3, 4]);
    const heads = op.Reshape(g, x, [2, 3, 2, 2]);
    const rows = op.Reshape(g, heads, [6, 4]);
    const again = op.Reshape(g, rows, [2, 3, 4]);
    g.output(again, 'y', ['batch', 3, 4]);
    g.output(rows, 'rows', ['rows', 4]);
    const data = Array.from({ length: 60 }, (_, i) => i);
    const result = await runGraph(g, { x: data }, 1, { x: [5, 3, 4] });
    expect(result.y).toEqual({ dims: [5, 3, 4], data });
    expect(result.rows.dims).toEqual([15, 4]);
  });

  test('Slice cuts a table to a length that is known when it runs', async () => {
    const g = new Graph();
    const ids = g.input('ids', [2, 4], 'int64', ['batch', 'sequence']);
    const table = g.initializer('table', Float32Array.of(1, 2, 3, 4), [4, 1]);
    const length = op.Slice(g, op.Shape(g, ids), [1], [2], [0]);
    g.output(op.Slice(g, table, [0], length, [0], [1], [4, 1]), 'y', ['sequence', 1]);
    const { y } = await runGraph(g, { ids: [0, 0, 0] }, 1, { ids: [1, 3] });
    expect(y).toEqual({ dims: [3, 1], data: [1, 2, 3] });
  });
});

describe('a wrong node is refused when the graph is built', () => {
  const g = new Graph();
  const value = (name: string, ...shape: number[]) => g.input(name, shape);
  const x = value('x', 8, 768);
  const image = value('image', 2, 3, 8, 8);
  const whole = g.input('whole', [3], 'int64');
  const kernel = value('kernel', 4, 2, 3, 3);
  const proj = value('img.proj', 512, 256);
  const row = value('row', 3);
  test.each<readonly [() => unknown, string]>([
    [() => op.MatMul(g, x, proj), 'MatMul x, img.proj: inner dimensions 768 and 512 differ'],
    [() => op.Gemm(g, x, image), 'Gemm x, image: expected matrices, got [8,768] and [2,3,8,8]'],
    [() => op.Add(g, x, row), 'Add x, row: [8,768] and [3] do not broadcast'],
    [() => op.Add(g, row, whole), 'Add row, whole: types float32 and int64 differ'],
    [() => op.Softmax(g, x, 2), 'Softmax x: axis 2 is outside [-2, 1]'],
    [() => op.ReduceSum(g, x, [1, -1]), 'ReduceSum x: axes [1,-1] name one axis twice'],
    [() => op.Reshape(g, x, [7, -1]), 'Reshape x: [8,768] cannot become [7,-1]'],
    [() => op.Reshape(g, x, [-1, -1]), 'Reshape x: [8,768] cannot become [-1,-1]'],
    [() => op.Transpose(g, x, [0]), 'Transpose x: perm [0] must name all 2 axes'],
    [() => op.Squeeze(g, x, [0]), 'Squeeze x: axis 0 of [8,768] must have length 1'],
    [
      () => op.Concat(g, [x, proj], 0),
      'Concat x, img.proj: [512,256] and [8,768] differ beside axis 0',
    ],
    [
      () => op.Conv(g, image, kernel),
      'Conv image, kernel: 3 channels do not fit a kernel [4,2,3,3] of group 1',
    ],
    [
      () => op.LayerNormalization(g, x, row, row),
      'LayerNormalization x, row, row: scale and bias must be [768], got [3] and [3]',
    ],
    [() => op.Gather(g, x, row), 'Gather x, row: indices must be int64 or int32, got float32'],
    [() => op.Where(g, x, x, 0), 'Where x: the condition must be bool, got float32'],
    [() => op.Split(g, x, [1, 2], 0), 'Split x: lengths [1,2] must add up to 8, got 3'],
  ])('%#', (build, message) => {
    expect(build).toThrow(message);
    expect(build).toThrow(expect.objectContaining({ code: 'invalid_graph' }));
  });
});
