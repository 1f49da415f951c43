import type { TowerGraph } from './tower-graph.ts';

/**
 * Find the x of x / |x|, with which some exporters end a tower: the edge normalises by itself. The
 * other operand must be computed from x.
 */
export function skipUnitLength(graph: TowerGraph, name: string): string {
  const at = graph.behind(name);
  const node = graph.producer(at);
  if (node?.opType === 'LpNormalization') return graph.behind(node.input[0]);
  if (node?.opType !== 'Div' && node?.opType !== 'Mul') return at;
  const [x, factor] = node.input.map((input) => graph.behind(input));
  return x !== factor && graph.dependsOn(factor, x) ? x : at;
}
