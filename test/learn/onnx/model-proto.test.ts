import { expect, test } from 'vitest';
import { Graph } from '../../../gpu-embedder/learn/onnx/graph.ts';
import { readModel, writeModel } from '../../../gpu-embedder/learn/onnx/model-proto.ts';
import { modelProto } from '../../../gpu-embedder/learn/onnx/onnx-schema.ts';
import * as op from '../../../gpu-embedder/learn/onnx/operators/index.ts';

test('what is written is read again', () => {
  const g = new Graph();
  const x = g.input('x', [2, 3], 'float32', ['batch', 3]);
  const half = g.initializer('half', Uint16Array.of(0x3800, 0xc000, 1), [3], 'float16');
  const big = g.initializer('big', BigInt64Array.of(-(2n ** 63n), 2n ** 62n), [2], 'int64');
  const flags = g.initializer('flags', Uint8Array.of(1, 0, 1), [3], 'bool');
  const scaled = op.Mul(g, x, op.Cast(g, half, 'float32'));
  const y = op.Gemm(g, op.Where(g, flags, scaled, x), x, null, { transB: true, alpha: 0.5 });
  g.append('Custom', [y, null], attributes, [{ shape: [2], dtype: 'int64' }], 'org.example');
  g.output(y, 'y', ['batch', 'batch']);

  const model = readModel(writeModel(g));
  expect(model.opsets).toEqual({ '': 18, 'com.microsoft': 1, 'org.example': 1 });
  expect(model.inputs).toEqual([{ name: 'x', dtype: 'float32', dims: ['batch', 3] }]);
  expect(model.outputs).toEqual([{ name: 'y', dtype: 'float32', dims: ['batch', 'batch'] }]);
  expect(
    model.nodes.map(({ opType, domain, inputs, outputs, attributes }) => ({
      opType,
      domain,
      inputs,
      outputs,
      attributes,
    })),
  ).toEqual(
    g.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map((input) => input?.name ?? ''),
      outputs: node.outputs.map((output) => output.name),
    })),
  );
  expect([...model.initializers]).toEqual(
    g.initializers.map(({ value: { name, dtype, shape }, data }) => [name, { dtype, shape, data }]),
  );
  expect(model.initializers.get(big.name)?.data).toEqual(BigInt64Array.of(-(2n ** 63n), 2n ** 62n));
});

const attributes = {
  int: -3,
  ints: [1, -2, 2 ** 40],
  text: 'constant',
  float: { float: 0.25 },
  floats: { floats: [1.5, -2] },
  strings: { strings: ['a', 'é'] },
  tensor: { tensor: { dtype: 'int32', shape: [2], data: Int32Array.of(-1, 7) } },
} as const;

/** A model as other exporters write it: typed data fields, weights listed as inputs. */
function foreignModel(initializer: object[]): Uint8Array {
  const type = { tensorType: { elemType: 1, shape: { dim: [{ dimParam: 'n' }, {}] } } };
  return modelProto
    .encode({
      irVersion: 3,
      opsetImport: [{ domain: 'ai.onnx', version: 11 }],
      graph: {
        name: 'foreign',
        node: [{ input: ['x', 'f'], output: ['y'], opType: 'Add', domain: 'ai.onnx' }],
        initializer,
        input: [
          { name: 'x', type },
          { name: 'f', type },
        ],
        output: [{ name: 'y', type }],
      },
    })
    .finish();
}

test('data is read from whatever field holds it', () => {
  const model = readModel(
    foreignModel([
      { name: 'f', dataType: 1, dims: [2], floatData: [0.5, -1] },
      { name: 'd', dataType: 11, dims: [1], doubleData: [0.1] },
      { name: 'l', dataType: 7, dims: [2], int64Data: [-5, 2 ** 40] },
      { name: 'h', dataType: 10, dims: [1], int32Data: [0x3c00] },
      { name: 'i8', dataType: 3, dims: [2], int32Data: [-128, 127] },
      { name: 'scalar', dataType: 6, int32Data: [9] },
      { name: 'none', dataType: 1, dims: [0] },
    ]),
  );
  const data = (name: string) => model.initializers.get(name)?.data;
  expect(data('f')).toEqual(Float32Array.of(0.5, -1));
  expect(data('d')).toEqual(Float64Array.of(0.1));
  expect(data('l')).toEqual(BigInt64Array.of(-5n, 2n ** 40n));
  expect(data('h')).toEqual(Uint16Array.of(0x3c00));
  expect(data('i8')).toEqual(Int8Array.of(-128, 127));
  expect(data('scalar')).toEqual(Int32Array.of(9));
  expect(data('none')).toEqual(new Float32Array(0));
  expect(model.opsets).toEqual({ '': 11 });
  expect(model.nodes[0].domain).toBe('');
  expect(model.inputs).toEqual([{ name: 'x', dtype: 'float32', dims: ['n', 'x_1'] }]);
});

test.each<readonly [string, Uint8Array, string]>([
  ['text', new TextEncoder().encode('not a model'), 'expected an ONNX model, got 11 bytes'],
  ['nothing', new Uint8Array(0), 'expected an ONNX model, got 0 bytes without a graph'],
  [
    'external data',
    foreignModel([{ name: 'w', dataType: 1, dims: [2], dataLocation: 1 }]),
    'tensor w: its data is in another file',
  ],
  [
    'missing data',
    foreignModel([{ name: 'w', dataType: 1, dims: [3], floatData: [1] }]),
    'tensor w: shape [3] holds 3 elements, got 1',
  ],
  [
    'an unknown type',
    foreignModel([{ name: 'w', dataType: 16, dims: [1] }]),
    'tensor w: element type 16 is not supported',
  ],
])('refuses %s', (_name, bytes, message) => {
  expect(() => readModel(bytes)).toThrow(message);
  expect(() => readModel(bytes)).toThrow(expect.objectContaining({ code: 'unreadable_model' }));
});
