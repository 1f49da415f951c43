import type { Graph, Value } from './graph.ts';
import * as op from './operators/index.ts';

/** Swap the last two axes. */
export function swapLast(g: Graph, x: Value): Value {
  const rank = x.shape.length;
  const axes = x.shape.map((_, axis) => axis);
  return op.Transpose(g, x, axes.with(rank - 1, rank - 2).with(rank - 2, rank - 1));
}
