import type { Graph, Value } from '../../onnx/graph.ts';
import * as op from '../../onnx/operators/index.ts';
import { sizeOf } from '../../onnx/operators/shape-rules.ts';
import { floatOf, intOf, intsOf } from './node-attributes.ts';
import type { Copying, Translation } from './translation.ts';

type Reduce = (g: Graph, x: Value, axes: readonly number[], keepdims?: boolean) => Value;

/** The axes are an attribute or, in later operator sets, an input. Without axes, all are reduced. */
const reduction =
  (reduce: Reduce): Translation =>
  (g, { node, input, numbers, has }) => {
    const x = input(0);
    const axes = has(1) ? numbers(1) : intsOf(node, 'axes');
    if (axes === null) return null;
    const noop = intOf(node, 'noop_with_empty_axes', 0) === 1;
    if (!axes?.length && noop) return [x];
    const all = x.shape.map((_, axis) => axis);
    return [reduce(g, x, axes?.length ? axes : all, intOf(node, 'keepdims', 1) === 1)];
  };

type Normalise = (g: Graph, x: Value, axis?: number) => Value;

/** Before operator set 13, the axes from `axis` on (1 by default) were treated as one axis. */
const softmax =
  (normalise: Normalise): Translation =>
  (g, { node, opset, input }) => {
    const x = input(0);
    const rank = x.shape.length;
    const axis = (intOf(node, 'axis', opset < 13 ? 1 : -1) + rank) % rank;
    if (opset >= 13 || axis === rank - 1) return [normalise(g, x, axis)];
    const rows = sizeOf(x.shape.slice(0, axis));
    return [op.Reshape(g, normalise(g, op.Reshape(g, x, [rows, -1])), x.shape)];
  };

function convolution(g: Graph, { node, input, has }: Copying): readonly Value[] | null {
  const { auto_pad = 'NOTSET' } = node.attributes;
  const [x, w] = [input(0), input(1)];
  const pads = intsOf(node, 'pads');
  if (x.shape.length !== 4 || (auto_pad !== 'NOTSET' && auto_pad !== 'VALID')) return null;
  const options = {
    strides: intsOf(node, 'strides'),
    dilations: intsOf(node, 'dilations'),
    group: intOf(node, 'group', 1),
    pads: auto_pad === 'VALID' ? undefined : pads,
  };
  return [op.Conv(g, x, w, has(2) ? input(2) : null, options)];
}

export const layerTranslations: Readonly<Record<string, Translation>> = {
  ReduceSum: reduction(op.ReduceSum),
  ReduceMean: reduction(op.ReduceMean),
  ReduceMax: reduction(op.ReduceMax),
  ReduceSumSquare: reduction(op.ReduceSumSquare),
  ReduceL2: reduction((g, x, axes, keepdims) =>
    op.Sqrt(g, op.ReduceSumSquare(g, x, axes, keepdims)),
  ),
  Softmax: softmax(op.Softmax),
  LogSoftmax: softmax(op.LogSoftmax),
  LayerNormalization: (g, { node, input, has }) => {
    const [x, scale] = [input(0), input(1)];
    const bias = has(2)
      ? input(2)
      : g.constant(new Float32Array(sizeOf(scale.shape)), scale.shape, scale.dtype);
    const options = { axis: intOf(node, 'axis', -1), epsilon: floatOf(node, 'epsilon', 1e-5) };
    return [op.LayerNormalization(g, x, scale, bias, options)];
  },
  Gemm: (g, { node, input, has }) => [
    op.Gemm(g, input(0), input(1), has(2) ? input(2) : null, {
      transA: intOf(node, 'transA', 0) === 1,
      transB: intOf(node, 'transB', 0) === 1,
      alpha: floatOf(node, 'alpha', 1),
      beta: floatOf(node, 'beta', 1),
    }),
  ],
  Conv: convolution,
};
