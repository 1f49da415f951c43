import type { Graph, Value } from '../../onnx/graph.ts';
import * as op from '../../onnx/operators/index.ts';
import { sizeOf } from '../../onnx/operators/shape-rules.ts';
import { intOf } from './node-attributes.ts';
import type { Translation } from './translation.ts';

export const indexTranslations: Readonly<Record<string, Translation>> = {
  /** Write a run of positions as a Slice: its gradient is a Pad instead of a scatter. */
  Gather: (g, { node, input, numbers, shape }) => {
    const data = input(0);
    const rank = data.shape.length;
    const axis = (intOf(node, 'axis', 0) + rank) % rank;
    const run = runOf(numbers(1), data.shape[axis]);
    if (!run) return [op.Gather(g, data, input(1), axis)];
    const { start, end } = run;
    const whole = end - start === data.shape[axis];
    const taken = whole ? data : op.Slice(g, data, [start], [end], [axis]);
    return [op.Reshape(g, taken, shape())];
  },
  /** Merge the indexed axes and use Gather: the gradient of GatherND would have a data race. */
  GatherND: (g, { node, input, shape }) => {
    const [data, indices] = [input(0), input(1)];
    const depth = indices.shape[indices.shape.length - 1];
    if (intOf(node, 'batch_dims', 0) !== 0) return null;
    const indexed = data.shape.slice(0, depth);
    const flat = op.Reshape(g, data, [sizeOf(indexed), ...data.shape.slice(depth)]);
    return [op.Reshape(g, op.Gather(g, flat, flatIndices(g, indices, indexed)), shape())];
  },
  GatherElements: (g, { node, input }) => [
    op.GatherElements(g, input(0), input(1), intOf(node, 'axis', 0)),
  ],
};

/** Convert consecutive positions to a range that counts from the start; null for other positions. */
function runOf(
  positions: readonly number[] | null,
  dim: number,
): { readonly start: number; readonly end: number } | null {
  if (!positions?.length || positions.some((position, i) => position !== positions[0] + i))
    return null;
  const start = positions[0] < 0 ? positions[0] + dim : positions[0];
  const end = start + positions.length;
  return end <= dim ? { start, end } : null;
}

/** Convert indices [..., depth] into axes of the lengths `dims` to indices [...] into one merged axis. */
function flatIndices(g: Graph, indices: Value, dims: readonly number[]): Value {
  const last = indices.shape.length - 1;
  const constant = (values: readonly number[]): Value =>
    g.constant(values, [values.length], indices.dtype);
  const wrapped = op.Where(g, op.Less(g, indices, 0), op.Add(g, indices, constant(dims)), indices);
  const strides = dims.map((_, axis) => sizeOf(dims.slice(axis + 1)));
  return op.ReduceSum(g, op.Mul(g, wrapped, constant(strides)), [last], false);
}
