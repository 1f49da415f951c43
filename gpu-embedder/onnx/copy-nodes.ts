import { DiptychError } from '../../src/errors.ts';
import type { Graph, Node, Value } from './graph.ts';

export interface CopyOptions {
  /** Values of the new graph that stand for inputs of the old one, by name. */
  readonly inputs: ReadonlyMap<string, Value>;
  /** What to append in place of an operator, by its name. */
  readonly instead?: Readonly<
    Record<string, (g: Graph, node: Node, inputs: readonly Value[]) => Value>
  >;
}

/**
 * Append the nodes and stored weights of one graph to another.
 *
 * @returns the new value of an old one
 */
export function copyNodes(
  from: Graph,
  to: Graph,
  { inputs, instead = {} }: CopyOptions,
): (value: Value) => Value {
  const copies = new Map(inputs);
  const copyOf = (value: Value): Value => {
    const copy = copies.get(value.name);
    if (!copy) throw new DiptychError('invalid_graph', `copy: nothing stands for ${value.name}`);
    return copy;
  };
  for (const { value, data } of from.initializers) {
    copies.set(value.name, to.constant(data, value.shape, value.dtype));
  }
  for (const node of from.nodes) {
    const { opType, domain, attributes, outputs } = node;
    const sources = node.inputs.map((input) => input && copyOf(input));
    const made = instead[opType]
      ? [instead[opType](to, node, sources as readonly Value[])]
      : to.append(opType, sources, attributes, outputs, domain);
    outputs.forEach(({ name }, i) => copies.set(name, made[i]));
  }
  return copyOf;
}
