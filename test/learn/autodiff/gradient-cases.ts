import * as op from '../../../gpu-embedder/learn/onnx/operators/index.ts';
import type { GradientCase } from './check-gradient.ts';

/** At least one row for each rule; the keys are names of operators. */
export const gradientCases: Readonly<Record<string, readonly GradientCase[]>> = {
  Identity: [{ shapes: [[2, 3]], build: op.Identity }],
  Neg: [{ shapes: [[2, 3]], build: op.Neg }],
  Exp: [{ shapes: [[2, 3]], build: op.Exp }],
  Log: [{ shapes: [[2, 3]], build: op.Log, range: [0.5, 2] }],
  Sqrt: [{ shapes: [[2, 3]], build: op.Sqrt, range: [0.5, 2] }],
  Relu: [{ shapes: [[4, 5]], build: op.Relu }],
  Sigmoid: [{ shapes: [[2, 3]], build: op.Sigmoid }],
  Tanh: [{ shapes: [[2, 3]], build: op.Tanh }],
  Erf: [{ shapes: [[2, 3]], build: op.Erf, dtype: 'float32', step: 2 ** -8 }],
  Softplus: [{ shapes: [[2, 3]], build: op.Softplus }],
  Add: [
    { shapes: [[2, 3], [3]], build: op.Add },
    {
      shapes: [
        [2, 1],
        [4, 1, 3],
      ],
      build: op.Add,
    },
  ],
  Sub: [
    {
      shapes: [
        [2, 3],
        [2, 1],
      ],
      build: op.Sub,
    },
  ],
  Mul: [
    { shapes: [[2, 3], []], build: op.Mul },
    {
      shapes: [
        [1, 3],
        [2, 1],
      ],
      build: op.Mul,
    },
  ],
  Div: [{ shapes: [[2, 3], [3]], build: op.Div, range: [0.5, 2] }],
  Pow: [{ shapes: [[2, 3], [3]], build: op.Pow, range: [0.5, 2] }],
  Min: [{ shapes: [[2, 3], [3]], build: op.Min }],
  Max: [{ shapes: [[2, 3], [3]], build: op.Max }],
  Clip: [{ shapes: [[4, 5]], build: (g, x) => op.Clip(g, x, -0.5, 0.4) }],
  Where: [{ shapes: [[2, 3], [3]], build: (g, a, b) => op.Where(g, op.Greater(g, a, 0.1), a, b) }],
  Cast: [
    {
      shapes: [[2, 3]],
      build: (g, x) => op.Cast(g, op.Mul(g, op.Cast(g, x, 'float64'), 3), 'float32'),
      dtype: 'float32',
    },
  ],
  ReduceSum: [
    { shapes: [[2, 3, 4]], build: (g, x) => op.ReduceSum(g, x, [0, 2]) },
    { shapes: [[2, 3, 4]], build: (g, x) => op.ReduceSum(g, x, [-2], false) },
  ],
  ReduceMean: [
    { shapes: [[2, 3, 4]], build: (g, x) => op.ReduceMean(g, x, [1, 2], false) },
    { shapes: [[2, 3]], build: (g, x) => op.ReduceMean(g, x, [0]) },
  ],
  ReduceMax: [{ shapes: [[3, 4]], build: (g, x) => op.ReduceMax(g, x, [1], false) }],
  ReduceSumSquare: [{ shapes: [[3, 4]], build: (g, x) => op.ReduceSumSquare(g, x, [1], false) }],
  Expand: [{ shapes: [[3, 1]], build: (g, x) => op.Expand(g, x, [2, 3, 4]) }],
  Reshape: [{ shapes: [[2, 6]], build: (g, x) => op.Reshape(g, x, [2, 3, -1]) }],
  Squeeze: [{ shapes: [[2, 1, 3, 1]], build: (g, x) => op.Squeeze(g, x, [1, -1]) }],
  Unsqueeze: [{ shapes: [[2, 3]], build: (g, x) => op.Unsqueeze(g, x, [0, -1]) }],
  Transpose: [{ shapes: [[2, 3, 4]], build: (g, x) => op.Transpose(g, x, [2, 0, 1]) }],
  Slice: [
    { shapes: [[4, 5]], build: (g, x) => op.Slice(g, x, [1, -2], [3, 9], [0, 1]) },
    { shapes: [[7, 8]], build: (g, x) => op.Slice(g, x, [1, 0], [7, 7], [0, 1], [3, 2]) },
    { shapes: [[7, 3]], build: (g, x) => op.Slice(g, x, [-2, -1], [0, -9], [0, 1], [-2, -1]) },
  ],
  Pad: [{ shapes: [[2, 3]], build: (g, x) => op.Pad(g, x, [1, 0, 2, 3], 5) }],
  Concat: [
    {
      shapes: [
        [2, 3],
        [2, 1],
      ],
      build: (g, a, b) => op.Concat(g, [a, b, a], 1),
    },
  ],
  Split: [
    {
      shapes: [[2, 6]],
      build: (g, x) => {
        const [first, , third] = op.Split(g, x, [1, 3, 2], 1);
        return op.Mul(g, first, third);
      },
    },
    { shapes: [[4, 2]], build: (g, x) => op.Split(g, x, [1, 3], 0)[1] },
  ],
  MatMul: [
    {
      shapes: [
        [3, 4],
        [4, 2],
      ],
      build: op.MatMul,
    },
    {
      shapes: [
        [2, 3, 4],
        [4, 2],
      ],
      build: op.MatMul,
    },
    {
      shapes: [
        [2, 2, 3, 4],
        [2, 1, 4, 2],
      ],
      build: op.MatMul,
    },
    {
      shapes: [
        [3, 4],
        [2, 4, 2],
      ],
      build: op.MatMul,
    },
    {
      shapes: [
        [2, 3, 4],
        [2, 4, 2],
      ],
      build: op.MatMul,
      dtype: 'float32',
    },
  ],
  FusedMatMul: [false, true].flatMap((transA) =>
    [false, true].map((transB) => ({
      shapes: [transA ? [2, 4, 3] : [2, 3, 4], transB ? [2, 5, 4] : [2, 4, 5]],
      build: (g, a, b) => op.FusedMatMul(g, a, b, { transA, transB, alpha: 0.5 }),
      dtype: 'float32',
    })),
  ),
  Gemm: [false, true].flatMap((transA) =>
    [false, true].map((transB) => ({
      shapes: [transA ? [4, 3] : [3, 4], transB ? [5, 4] : [4, 5], [5]],
      build: (g, a, b, c) => op.Gemm(g, a, b, c, { transA, transB, alpha: 0.5, beta: 2 }),
    })),
  ),
  Softmax: [
    { shapes: [[3, 4]], build: (g, x) => op.Softmax(g, x) },
    { shapes: [[3, 4]], build: (g, x) => op.Softmax(g, x, 0) },
  ],
  LogSoftmax: [
    { shapes: [[3, 4]], build: (g, x) => op.LogSoftmax(g, x) },
    { shapes: [[3, 4]], build: (g, x) => op.LogSoftmax(g, x, 0) },
  ],
  LayerNormalization: [
    {
      shapes: [[2, 3, 5], [5], [5]],
      build: (g, x, scale, bias) => op.LayerNormalization(g, x, scale, bias),
    },
    {
      shapes: [
        [3, 2, 4],
        [2, 4],
        [2, 4],
      ],
      build: (g, x, scale, bias) => op.LayerNormalization(g, x, scale, bias, { axis: 1 }),
    },
  ],
  Conv: [
    { kernel: 3, stride: 1, pad: 1, size: 5 },
    { kernel: 3, stride: 1, pad: 0, size: 5 },
    { kernel: 3, stride: 2, pad: 1, size: 5 },
    { kernel: 3, stride: 2, pad: 1, size: 6 },
    { kernel: 1, stride: 1, pad: 0, size: 4 },
    { kernel: 1, stride: 2, pad: 0, size: 4 },
    { kernel: 2, stride: 1, pad: 2, size: 3 },
    { kernel: 2, stride: 2, pad: 0, size: 4 },
    { kernel: 4, stride: 4, pad: 0, size: 9 },
  ].map(({ kernel, stride, pad, size }) => ({
    shapes: [[2, 3, size, size + 1], [4, 3, kernel, kernel], [4]],
    build: (g, x, w, b) =>
      op.Conv(g, x, w, b, { strides: [stride, stride], pads: [pad, pad, pad, pad] }),
    dtype: 'float32',
    step: 0.5,
  })),
  Gather: [
    {
      shapes: [[5, 3]],
      build: (g, table) => op.Gather(g, table, g.constant([4, 0, 4, -1, 2, 4], [2, 3], 'int64')),
    },
    {
      shapes: [[2, 4, 3]],
      build: (g, table) => op.Gather(g, table, g.constant([3, 3], [2], 'int32'), 1),
    },
  ],
  GatherElements: [
    {
      shapes: [[3, 4]],
      build: (g, x) => op.GatherElements(g, x, g.constant([2, 0, 2, 1, 2, 0], [3, 2], 'int64'), 1),
    },
    {
      shapes: [[3, 4]],
      build: (g, x) => op.GatherElements(g, x, g.constant([1, 0, -1, 1], [1, 4], 'int64')),
    },
  ],
};
