import { DiptychError } from '../../../../src/errors.ts';
import type { Graph, Node, Shape, Value } from '../../onnx/graph.ts';
import * as op from '../../onnx/operators/index.ts';

/** The inputs of a node whose operator requires all of them. */
export const inputsOf = (node: Node): readonly Value[] => node.inputs as readonly Value[];

/** A tensor filled with one number. The graph makes it when it runs. */
export const filled = (g: Graph, like: Value, value: number): Value =>
  op.Expand(g, g.constant([value], [], like.dtype), like.shape);

/** Sum a gradient over the axes along which a value of `shape` was broadcast. */
export function sumTo(g: Graph, gradient: Value, shape: Shape): Value {
  const extra = gradient.shape.length - shape.length;
  const axes = gradient.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < extra || (shape[axis - extra] === 1 && gradient.shape[axis] !== 1));
  const sum = axes.length > 0 ? op.ReduceSum(g, gradient, axes) : gradient;
  const leading = Array.from({ length: extra }, (_, axis) => axis);
  return extra > 0 ? op.Squeeze(g, sum, leading) : sum;
}

/** Reshape to a matrix: its rows are the vectors along the last axis. */
export const asMatrix = (g: Graph, x: Value): Value =>
  op.Reshape(g, x, [-1, x.shape[x.shape.length - 1]]);

/** Numbers of an int64 input that is a constant of the graph, e.g. the axes of a reduction. */
export function constantInts(g: Graph, node: Node, input: number): number[] {
  const value = node.inputs[input];
  const stored = g.initializers.find((initializer) => initializer.value.name === value?.name);
  if (!stored)
    return refuseGradient(node, `input ${input} must be a constant, got ${value?.name ?? 'none'}`);
  return Array.from(stored.data, Number);
}

/** Refuse a gradient that no rule gives. The message names the operator. */
export function refuseGradient(node: Node, problem: string): never {
  throw new DiptychError(
    'invalid_graph',
    `gradient of ${node.opType} ${node.outputs[0].name}: ${problem}`,
    { opType: node.opType, output: node.outputs[0].name },
  );
}
