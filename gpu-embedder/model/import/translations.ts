import type { Graph, Shape, Value } from '../../onnx/graph.ts';
import type { ModelNode } from '../../onnx/model-proto.ts';
import { activationTranslations } from './translate-activations.ts';
import { indexTranslations } from './translate-indexing.ts';
import { layerTranslations } from './translate-layers.ts';
import { shapeTranslations } from './translate-shapes.ts';

/** A node of a model in the graph that it is copied into. */
export interface Copying {
  readonly node: ModelNode;
  /** Version of the ONNX operators that the node was written for. */
  readonly opset: number;
  has(input: number): boolean;
  /** An input, appended when it is asked for. */
  input(i: number): Value;
  /** Of an input; null where they are known only when the graph runs. */
  numbers(i: number): readonly number[] | null;
  /** Of an output. */
  shape(i?: number): Shape;
}

/**
 * Appends what a node computes as our operators write it, which is what rules expect; gives all
 * outputs that are used, or null where the node is to be copied as it is.
 */
export type Translation = (g: Graph, copying: Copying) => readonly Value[] | null;

/** Of the operators whose form depends on the operator set, or that are made of others. */
export const translations: Readonly<Record<string, Translation>> = {
  ...shapeTranslations,
  ...indexTranslations,
  ...layerTranslations,
  ...activationTranslations,
};
