import { expect, test } from 'vitest';
import { copyNodes } from '../../../gpu-embedder/learn/onnx/copy-nodes.ts';
import type { Value } from '../../../gpu-embedder/learn/onnx/graph.ts';
import { Graph } from '../../../gpu-embedder/learn/onnx/graph.ts';
import * as op from '../../../gpu-embedder/learn/onnx/operators/index.ts';
import { portableOperators } from '../../../gpu-embedder/learn/onnx/portable-operators.ts';
import { runGraph } from './run-graph.ts';

const cases: Readonly<Record<string, (g: Graph, a: Value, b: Value) => Value>> = {
  'FusedMatMul, first transposed': (g, a, b) =>
    op.FusedMatMul(g, a, op.Transpose(g, b, [0, 2, 1]), { transA: true, transB: true, alpha: 0.5 }),
  'FusedMatMul, second transposed': (g, a, b) => op.FusedMatMul(g, a, b, { transB: true }),
  LogSoftmax: (g, a, b) => op.Add(g, op.LogSoftmax(g, op.Mul(g, a, 100), 1), b),
  'Slice with negative steps': (g, a, b) =>
    op.Slice(g, op.Concat(g, [a, b], 2), [-1, 4], [-3, 0], [1, 2], [-1, -2]),
};
const shape = [2, 2, 3];

test.each(Object.keys(cases))('%s composed of others gives the same', async (name) => {
  const from = new Graph();
  from.output(cases[name](from, from.input('a', shape), from.input('b', shape)), 'y');
  const to = new Graph();
  const inputs = new Map(['a', 'b'].map((input) => [input, to.input(input, shape)]));
  const copyOf = copyNodes(from, to, { inputs, instead: portableOperators });
  to.output(copyOf(from.outputs[0].value), 'y');
  for (const opType of ['FusedMatMul', 'LogSoftmax']) {
    expect(to.nodes.map((node) => node.opType)).not.toContain(opType);
  }
  const feeds = {
    a: [1, -2, 3, 0.5, 4, -1, 2, 2, -3, 1, 0, 5],
    b: [0, 1, -1, 2, 3, -2, 1, 0.5, 4, -4, 1, 2],
  };
  const expected = (await runGraph(from, feeds)).y;
  const { dims, data } = (await runGraph(to, feeds)).y;
  expect(dims).toEqual(expected.dims);
  data.forEach((x, i) => expect(x).toBeCloseTo(expected.data[i], 4));
});
