import type { NodeMessage } from '../../onnx/onnx-schema.ts';
import { findLinear, requireLinear } from './match-linear.ts';
import type { Linear } from './match-linear.ts';
import { NotUnderstood } from './not-understood.ts';
import type { TowerGraph } from './tower-graph.ts';

/** The parts of an attention: names of values. */
export interface Attention {
  /** The normalised value that all projections read. */
  readonly input: string;
  /** What goes into the softmax, with scale and mask. */
  readonly scores: string;
  /** Its results, before `out`. */
  readonly mixed: string;
  /** Where the query does not depend on the input (the probe of SigLIP), null. */
  readonly query: Linear | null;
  readonly key: Linear;
  /** The same layer as `key` where the exporter fused them. */
  readonly value: Linear;
  readonly out: Linear;
}

/** Find the attention that a value is the result of. */
export function findAttention(graph: TowerGraph, name: string): Attention {
  const out = requireLinear(graph, name, 'the dense layer after an attention');
  const mixed = graph.behind(out.input);
  const product = requireProduct(graph, mixed, 'the product of attention and values');
  const scores = softmaxInput(graph, product.input[0]);
  const value = onlyLinear(graph, product.input[1], 'the values of an attention');
  const [queries, keys] = scoreProduct(graph, scores).input;
  const key = onlyLinear(graph, keys, 'the keys of an attention');
  const query =
    graph.isFixed(queries) || !reachesLinear(graph, queries)
      ? null
      : onlyLinear(graph, queries, 'the queries of an attention');
  const input = graph.behind(key.input);
  const others = [query ?? key, value].map((linear) => graph.behind(linear.input));
  if (others.every((other) => other === input))
    return { input, scores, mixed, query, key, value, out };
  const expected = 'queries, keys and values of the same input';
  throw new NotUnderstood(graph.node(mixed, expected), expected);
}

function requireProduct(graph: TowerGraph, name: string, expected: string): NodeMessage {
  const node = graph.node(graph.behind(name), expected);
  if (node.opType === 'MatMul') return node;
  throw new NotUnderstood(node, expected);
}

/** Newer exports replace the NaN of rows that are masked completely: Where(IsNaN(x), 0, x). */
function softmaxInput(graph: TowerGraph, name: string): string {
  const expected = 'a softmax';
  const node = graph.node(graph.behind(name), expected);
  if (node.opType === 'Softmax') return node.input[0];
  if (node.opType === 'Where' && graph.producer(node.input[0])?.opType === 'IsNaN')
    return softmaxInput(graph, node.input[2]);
  throw new NotUnderstood(node, expected);
}

/** Find the product of queries and keys behind scales and masks. */
function scoreProduct(graph: TowerGraph, scores: string): NodeMessage {
  const open = new Set([graph.behind(scores)]);
  for (const name of open) {
    const node = graph.producer(name);
    if (node?.opType === 'MatMul') return node;
    node?.input.forEach((input) => graph.isFixed(input) || open.add(graph.behind(input)));
  }
  const expected = 'scores of a product of queries and keys';
  throw new NotUnderstood(graph.node(graph.behind(scores), expected), expected);
}

/** Find the one dense layer that a value comes from by being cut, reordered and scaled. */
function onlyLinear(graph: TowerGraph, name: string, what: string): Linear {
  const found = linearsBehind(graph, name);
  if (found.length === 1) return found[0];
  const expected = `${what} from one dense layer, got ${found.length}`;
  throw new NotUnderstood(graph.node(graph.behind(name), expected), expected);
}

const reachesLinear = (graph: TowerGraph, name: string): boolean =>
  linearsBehind(graph, name).length > 0;

function linearsBehind(graph: TowerGraph, name: string): Linear[] {
  const found = new Map<string, Linear>();
  const open = new Set([graph.behind(name)]);
  for (const of of open) {
    const linear = findLinear(graph, of);
    if (linear) found.set(linear.output, linear);
    else
      graph.producer(of)?.input.forEach((input) => {
        if (!graph.isFixed(input)) open.add(graph.behind(input));
      });
  }
  return [...found.values()];
}
