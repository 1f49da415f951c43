import { DiptychError } from '../../../src/errors.ts';
import type { Graph, Node, Value } from '../onnx/graph.ts';
import * as op from '../onnx/operators/index.ts';
import { filled, refuseGradient, sumTo } from './rules/tensors.ts';
import { vjpRules } from './vjp-rules.ts';

/**
 * Append the gradients of a scalar to the graph that computes it (reverse mode, graph to graph).
 *
 * @param loss - one element
 * @param wrt - values of the graph: stored, fed or computed
 * @returns for each value a gradient of its shape; null if the loss does not depend on it
 */
export function gradients(g: Graph, loss: Value, wrt: readonly Value[]): readonly (Value | null)[] {
  if (loss.shape.some((dim) => dim !== 1))
    throw new DiptychError(
      'invalid_graph',
      `gradients: the loss ${loss.name} must have one element, got shape [${loss.shape}]`,
    );
  const nodes = g.nodes.slice();
  const active = dependents(nodes, wrt);
  const found = new Map<string, Value>();
  if (active.has(loss.name)) found.set(loss.name, g.constant([1], loss.shape, loss.dtype));
  for (const node of nodes.reverse()) {
    const dys = node.outputs.map((output) => found.get(output.name) ?? null);
    if (dys.every((dy) => dy === null) || !isActive(node, active)) continue;
    for (const [input, gradient] of inputGradients(g, node, dys, active)) {
      const sum = found.get(input.name);
      found.set(input.name, sum ? op.Add(g, sum, gradient) : gradient);
    }
  }
  return wrt.map((value) => found.get(value.name) ?? null);
}

/** Names of the values that depend on one of `wrt`, and of `wrt` itself. */
function dependents(nodes: readonly Node[], wrt: readonly Value[]): ReadonlySet<string> {
  const active = new Set(wrt.map((value) => value.name));
  for (const node of nodes)
    if (isActive(node, active)) for (const output of node.outputs) active.add(output.name);
  return active;
}

const isActive = (node: Node, active: ReadonlySet<string>): boolean =>
  node.inputs.some((input) => input !== null && active.has(input.name));

function inputGradients(
  g: Graph,
  node: Node,
  dys: readonly (Value | null)[],
  active: ReadonlySet<string>,
): [Value, Value][] {
  const rule = vjpRules[node.opType];
  if (!rule) refuseGradient(node, 'there is no rule for this operator');
  const pullbacks = rule(g, node, dys[0] ?? filled(g, node.outputs[0], 0), dys);
  if (pullbacks.length !== node.inputs.length)
    refuseGradient(node, `${node.inputs.length} inputs, the rule gives ${pullbacks.length}`);
  const results: [Value, Value][] = [];
  node.inputs.forEach((input, i) => {
    const pullback = pullbacks[i];
    if (!input || !pullback || !active.has(input.name)) return;
    const gradient = sumTo(g, pullback(), input.shape);
    if (gradient.shape.join() !== input.shape.join() || gradient.dtype !== input.dtype)
      refuseGradient(
        node,
        `input ${input.name} is ${input.dtype} [${input.shape}], ` +
          `the rule gives ${gradient.dtype} [${gradient.shape}]`,
      );
    results.push([input, gradient]);
  });
  return results;
}
