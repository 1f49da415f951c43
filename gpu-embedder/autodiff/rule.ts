import type { Graph, Node, Value } from '../onnx/graph.ts';

/**
 * Appends the gradient for one input, called only where it is wanted; null: the input has none
 * (indices, conditions, axes). The walk sums axes that the operator broadcast.
 */
export type Pullback = (() => Value) | null;

/**
 * The vector-Jacobian products of one operator.
 *
 * @param dy - gradient of the first output
 * @param dys - gradients of all outputs; null where the loss does not depend on one
 * @returns one entry for each input of the node
 */
export type Rule = (
  g: Graph,
  node: Node,
  dy: Value,
  dys: readonly (Value | null)[],
) => readonly Pullback[];
