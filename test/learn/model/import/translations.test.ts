import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { normaliseRows } from '../../../../gpu-embedder/embed/normalise-rows.ts';
import { openImportedTower } from '../../../../gpu-embedder/learn/model/import/imported-tower.ts';
import type { Attributes, Shape, Value } from '../../../../gpu-embedder/learn/onnx/graph.ts';
import { Graph } from '../../../../gpu-embedder/learn/onnx/graph.ts';
import { writeModel } from '../../../../gpu-embedder/learn/onnx/model-proto.ts';
import { openSession, tensor } from '../../../../gpu-embedder/learn/onnx/session.ts';
import { runTower, towerInputs } from './run-tower.ts';

const root = mkdtempSync(join(tmpdir(), 'diptych-translate-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Form {
  readonly opset: number;
  /** From x [rows, 6, 4]; returns a value of which the first axis is the rows. */
  readonly build: (write: Write, x: Value, g: Graph) => Value;
}
type Write = (
  opType: string,
  inputs: readonly (Value | null)[],
  shape: Shape,
  attributes?: Attributes,
  domain?: string,
) => Value;

const ints = (g: Graph, ...values: number[]) => g.constant(values, [values.length], 'int64');
const float = (value: number) => ({ float: value });

/** Forms that other operator sets or exporters write, beside those of the towers in the hub's layout. */
const forms: Readonly<Record<string, Form>> = {
  'Softmax over all from axis 1': {
    opset: 11,
    build: (write, x) => write('Softmax', [x], [2, 6, 4]),
  },
  'Softmax over one axis': {
    opset: 13,
    build: (write, x) => write('Softmax', [x], [2, 6, 4], { axis: 1 }),
  },
  'axes as attributes': {
    opset: 11,
    build: (write, x) => {
      const sum = write('ReduceSum', [x], [2, 6], { axes: [-1], keepdims: 0 });
      return write('Unsqueeze', [sum], [2, 6, 1], { axes: [2] });
    },
  },
  'ReduceMean without axes, ReduceL2': {
    opset: 13,
    build: (write, x) => {
      const mean = write('ReduceMean', [x], [1, 1, 1]);
      const norm = write('ReduceL2', [x], [2, 6, 1], { axes: [2], keepdims: 1 });
      return write('Add', [write('Reciprocal', [norm], [2, 6, 1]), mean], [2, 6, 1]);
    },
  },
  'Split in equal parts': {
    opset: 11,
    build: (write, x, g) => {
      const outputs = [0, 1].map(() => ({ shape: [2, 3, 4], dtype: 'float32' as const }));
      const [first, second] = g.append('Split', [x], { axis: 1 }, outputs);
      return write('Sub', [first, second], [2, 3, 4]);
    },
  },
  'Slice to the largest integer, from the end': {
    opset: 13,
    build: (write, x, g) => {
      const end = g.constant(new BigInt64Array([2n ** 63n - 1n]), [1], 'int64');
      const tail = write('Slice', [x, ints(g, -4), end, ints(g, 1)], [2, 4, 4]);
      const backwards = [x, ints(g, -1), ints(g, -100), ints(g, 1), ints(g, -2)];
      const odd = write('Slice', backwards, [2, 3, 4]);
      return write('Concat', [tail, odd], [2, 7, 4], { axis: 1 });
    },
  },
  'Clip on one side, Pow': {
    opset: 13,
    build: (write, x, g) => {
      const low = write('Clip', [x, g.constant([-0.2], [])], [2, 6, 4]);
      const cubed = write('Pow', [low, g.constant([3], [])], [2, 6, 4]);
      return write('Pow', [write('Sigmoid', [cubed], [2, 6, 4]), g.constant([0.5], [])], [2, 6, 4]);
    },
  },
  'Gather of scattered and of repeated positions': {
    opset: 13,
    build: (write, x, g) => {
      const some = write('Gather', [x, ints(g, 5, 0, -2, 0)], [2, 4, 4], { axis: 1 });
      return write('Gather', [some, ints(g, 1, 2)], [2, 2, 4], { axis: 1 });
    },
  },
  GatherElements: {
    opset: 13,
    build: (write, x, g) => {
      const along = g.constant([3, 0, -1, 1], [1, 4, 1], 'int64');
      const index = write('Expand', [along, ints(g, 1, 4, 4)], [1, 4, 4]);
      const first = write('GatherElements', [x, index], [1, 4, 4], { axis: 1 });
      return write('MatMul', [x, first], [2, 6, 4]);
    },
  },
  'GatherND from the end': {
    opset: 13,
    build: (write, x, g) => {
      const rowsLast = write('Transpose', [x], [6, 4, 2], { perm: [1, 2, 0] });
      const places = g.constant([0, -1, -6, 2, 5, 0], [3, 2], 'int64');
      return write('Transpose', [write('GatherND', [rowsLast, places], [3, 2])], [2, 3]);
    },
  },
  'Gelu, exact and approximate': {
    opset: 20,
    build: (write, x) => {
      const exact = write('Gelu', [x], [2, 6, 4]);
      return write('Gelu', [exact], [2, 6, 4], { approximate: 'tanh' });
    },
  },
  'activations of onnxruntime': {
    opset: 17,
    build: (write, x) => {
      const quick = write('QuickGelu', [x], [2, 6, 4], { alpha: float(1.5) }, 'com.microsoft');
      const exact = write('Gelu', [quick], [2, 6, 4], {}, 'com.microsoft');
      return write('FastGelu', [exact], [2, 6, 4], {}, 'com.microsoft');
    },
  },
  'Pad, Transpose without perm': {
    opset: 13,
    build: (write, x, g) => {
      const padded = write('Pad', [x, ints(g, 0, 1, 0, 0, 0, 2)], [2, 7, 6]);
      const turned = write('Transpose', [padded], [6, 7, 2]);
      return write('Transpose', [turned], [2, 7, 6]);
    },
  },
  'LayerNormalization without a bias, over two axes': {
    opset: 17,
    build: (write, x, g) => {
      const scale = g.constant(
        Float32Array.from({ length: 24 }, (_, i) => Math.cos(i)),
        [6, 4],
      );
      return write('LayerNormalization', [x, scale], [2, 6, 4], { axis: 1 });
    },
  },
};

test.each(Object.entries(forms))('%s', async (name, { opset, build }) => {
  const g = new Graph();
  const pixels = g.input('pixel_values', [2, 3, 4, 4], 'float32', ['batch', 3, 4, 4]);
  const write: Write = (opType, inputs, shape, attributes = {}, domain = '') =>
    g.append(opType, inputs, attributes, [{ shape, dtype: 'float32' }], domain)[0];
  const matrix = g.constant(
    Float32Array.from({ length: 32 }, (_, i) => Math.sin(i * i)),
    [8, 4],
  );
  const x = write('MatMul', [write('Reshape', [pixels, ints(g, 0, 6, 8)], [2, 6, 8]), matrix], [2, 6, 4]); // prettier-ignore
  const y = build(write, x, g);
  const embeds = write('Flatten', [y], [2, y.shape.slice(1).reduce((a, b) => a * b)]);
  g.output(embeds, 'image_embeds', ['batch', embeds.shape[1]]);
  const path = join(root, `${name.replaceAll(/\W+/g, '-')}.onnx`);
  await writeFile(path, writeModel(g, { opset }));

  const tower = await openImportedTower(path, 'image');
  const inputs = towerInputs(tower, 4, 1);
  const session = await openSession(path, { threads: 1 });
  const result = await session.run({ pixel_values: tensor(inputs[0].data, inputs[0].shape) });
  await session.close();
  const expected = normaliseRows(
    (result.image_embeds.data as Float32Array).slice(),
    tower.embedDim,
  );
  const { embeds: got } = await runTower(tower, inputs);
  expect(Math.max(...got.map((v, i) => Math.abs(v - expected[i])))).toBeLessThan(1e-5);
});
