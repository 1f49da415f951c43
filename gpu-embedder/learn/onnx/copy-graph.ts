import { copyNodes } from './copy-nodes.ts';
import type { CopyOptions } from './copy-nodes.ts';
import { Graph } from './graph.ts';

/** Copy a graph and replace some of its operators; inputs and outputs stay the same. */
export function copyGraph(from: Graph, instead: CopyOptions['instead']): Graph {
  const to = new Graph();
  const inputs = new Map(
    from.inputs.map(({ value: { name, shape, dtype }, dims }) => [
      name,
      to.input(name, shape, dtype, dims),
    ]),
  );
  const copyOf = copyNodes(from, to, { inputs, instead });
  for (const { value, dims } of from.outputs) to.output(copyOf(value), value.name, dims);
  return to;
}
