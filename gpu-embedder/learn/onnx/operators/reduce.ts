import type { Graph, Value } from '../graph.ts';
import { axesOf } from './shape-rules.ts';

const reduce =
  (opType: string) =>
  /** @param keepdims - keep the reduced axes with length 1 */
  (g: Graph, x: Value, axes: readonly number[], keepdims = true): Value => {
    const reduced = axesOf(opType, x, axes);
    const shape = keepdims
      ? x.shape.map((dim, axis) => (reduced.includes(axis) ? 1 : dim))
      : x.shape.filter((_, axis) => !reduced.includes(axis));
    const axesInput = g.constant(reduced, [reduced.length], 'int64');
    // Without axes ONNX would reduce over all of them.
    const attributes = { keepdims: keepdims ? 1 : 0, noop_with_empty_axes: 1 };
    return g.append(opType, [x, axesInput], attributes, [{ shape, dtype: x.dtype }])[0];
  };

export const ReduceSum = reduce('ReduceSum');
export const ReduceMean = reduce('ReduceMean');
export const ReduceMax = reduce('ReduceMax');
export const ReduceSumSquare = reduce('ReduceSumSquare');
