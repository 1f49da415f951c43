import type { Graph, Shape, Value } from '../../onnx/graph.ts';
import type { ModelNode } from '../../onnx/model-proto.ts';

/** A node of a model that is being copied into a graph. */
export interface Copying {
  readonly node: ModelNode;
  /** Version of the ONNX operators that the node was written for. */
  readonly opset: number;
  has(input: number): boolean;
  /** Get an input; its nodes are appended when it is asked for. */
  input(i: number): Value;
  /** Get the numbers of an input; null if they are known only when the graph runs. */
  numbers(i: number): readonly number[] | null;
  /** Get the shape of an output. */
  shape(i?: number): Shape;
}

/**
 * Appends the computation of a node in the form of our operators, which the gradient rules expect.
 * Returns all outputs that are used, or null to copy the node unchanged.
 */
export type Translation = (g: Graph, copying: Copying) => readonly Value[] | null;
