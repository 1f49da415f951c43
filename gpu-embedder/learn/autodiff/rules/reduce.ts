import type { Graph, Node, Value } from '../../onnx/graph.ts';
import * as op from '../../onnx/operators/index.ts';
import type { Rule } from '../rule.ts';
import { constantInts, inputsOf } from './tensors.ts';

interface Reduction {
  readonly x: Value;
  readonly axes: readonly number[];
  /** The gradient of the result, with the reduced axes kept. */
  readonly dy: Value;
  /** The result itself, with the reduced axes kept. */
  readonly y: () => Value;
}

/** Make the rule of a reduction; its axes input has no gradient. */
const reduction =
  (dx: (g: Graph, reduction: Reduction) => Value): Rule =>
  (g, node, dy) => [
    () => {
      const [x] = inputsOf(node);
      const axes = constantInts(g, node, 1);
      return dx(g, {
        x,
        axes,
        y: () => kept(g, node, axes, node.outputs[0]),
        dy: kept(g, node, axes, dy),
      });
    },
    null,
  ];

const kept = (g: Graph, node: Node, axes: readonly number[], value: Value): Value =>
  node.attributes.keepdims === 0 && axes.length > 0 ? op.Unsqueeze(g, value, axes) : value;

export const reduceRules: Readonly<Record<string, Rule>> = {
  ReduceSum: reduction((g, { x, dy }) => op.Expand(g, dy, x.shape)),
  ReduceMean: reduction((g, { x, axes, dy }) => {
    const count = axes.reduce((product, axis) => product * x.shape[axis], 1);
    return op.Expand(g, op.Div(g, dy, count), x.shape);
  }),
  // Elements that tie for the maximum share the gradient.
  ReduceMax: reduction((g, { x, axes, y, dy }) => {
    const taken = op.Cast(g, op.Equal(g, x, y()), x.dtype);
    return op.Mul(g, taken, op.Div(g, dy, op.ReduceSum(g, taken, axes)));
  }),
  ReduceSumSquare: reduction((g, { x, dy }) => op.Mul(g, x, op.Mul(g, dy, 2))),
};
