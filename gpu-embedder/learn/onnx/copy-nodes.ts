import { DiptychError } from '../../../src/errors.ts';
import type { Graph, Node, Value } from './graph.ts';

/** Appends the replacement of a node; null to copy the node unchanged. */
export type Rewrite = (g: Graph, node: Node, inputs: readonly Value[]) => Value | null;

export interface CopyOptions {
  /** Values of the new graph that stand for inputs of the old one, by name. */
  readonly inputs: ReadonlyMap<string, Value>;
  /** Replacements by operator. */
  readonly instead?: Readonly<Record<string, Rewrite>>;
}

/**
 * Append the nodes and stored weights of one graph to another.
 *
 * @returns a function from an old value to the new one
 */
export function copyNodes(
  from: Graph,
  to: Graph,
  { inputs, instead = {} }: CopyOptions,
): (value: Value) => Value {
  const copies = new Map(inputs);
  const copyOf = (value: Value): Value => {
    const copy = copies.get(value.name);
    if (!copy)
      throw new DiptychError('invalid_graph', `copy: the new graph has no value for ${value.name}`);
    return copy;
  };
  for (const { value, data } of from.initializers) {
    copies.set(value.name, to.constant(data, value.shape, value.dtype));
  }
  for (const node of from.nodes) {
    const { opType, domain, attributes, outputs } = node;
    const sources = node.inputs.map((input) => input && copyOf(input));
    const rewritten = instead[opType]?.(to, node, sources as readonly Value[]);
    const made = rewritten ? [rewritten] : to.append(opType, sources, attributes, outputs, domain);
    outputs.forEach(({ name }, i) => copies.set(name, made[i]));
  }
  return copyOf;
}
