import { expect, test } from 'vitest';
import { Graph } from '../../../gpu-embedder/learn/onnx/graph.ts';
import * as op from '../../../gpu-embedder/learn/onnx/operators/index.ts';

test('names are unique, even beside names that look generated', () => {
  const g = new Graph();
  const x = g.input('Add_0', [2]);
  const sum = op.Add(g, op.Add(g, x, x), x);
  const names = [...g.inputs.map((port) => port.value), ...g.nodes.flatMap((n) => n.outputs)].map(
    (value) => value.name,
  );
  expect(new Set(names).size).toBe(3);
  expect(names).toContain(sum.name);
  expect(() => g.input('Add_0', [3])).toThrow("value 'Add_0': a name is not empty and used once");
});

test('small constants are stored once for each type and shape', () => {
  const g = new Graph();
  const half = g.constant([0.5], []);
  expect(g.constant(Float32Array.of(0.5), [])).toBe(half);
  expect(g.constant([0.5], [1])).not.toBe(half);
  expect(g.constant([0.5], [], 'float64')).not.toBe(half);
  expect(g.constant([-0], [])).not.toBe(g.constant([0], []));
  expect(g.initializers).toHaveLength(5);
});

test('an output under its own name adds nothing, under another an Identity', () => {
  const g = new Graph();
  const x = g.input('x', [2]);
  const y = op.Exp(g, x);
  expect(g.output(y)).toBe(y);
  expect(g.output(y, 'y').name).toBe('y');
  expect(g.nodes.map((node) => node.opType)).toEqual(['Exp', 'Identity']);
  expect(() => g.output(x, 'y')).toThrow('output y: there is already one of this name');
});

test('refuses values of another graph, wrong lengths and wrong dims', () => {
  const g = new Graph();
  const stranger = new Graph().input('stranger', [2]);
  expect(() => op.Exp(g, stranger)).toThrow('Exp: its input stranger is not of this graph');
  expect(() => g.initializer('w', new Float32Array(5), [2, 3])).toThrow(
    'initializer w: shape [2,3] holds 6 elements, got 5',
  );
  expect(() => g.initializer('v', new Float64Array(6), [2, 3])).toThrow(
    'initializer v: float32 is stored in Float32Array, got Float64Array',
  );
  expect(() => g.input('x', [2, 3], 'float32', ['batch', 4])).toThrow(
    'input x: declared dims [batch,4] do not describe shape [2,3]',
  );
});
