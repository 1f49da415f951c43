import type { Graph, Node, Value } from '../onnx/graph.ts';

/**
 * Appends the gradient for one input. The walk calls it only if that gradient is needed, and then sums
 * the axes that the operator broadcast. Null: the input has no gradient (indices, conditions, axes).
 */
export type Pullback = (() => Value) | null;

/**
 * The vector-Jacobian products of one operator.
 *
 * @param dy - gradient of the first output
 * @param dys - gradients of all outputs; null for an output that the loss does not depend on
 * @returns one entry for each input of the node
 */
export type Rule = (
  g: Graph,
  node: Node,
  dy: Value,
  dys: readonly (Value | null)[],
) => readonly Pullback[];
