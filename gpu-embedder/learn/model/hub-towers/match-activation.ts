import type { Activation } from '../../../../src/version/weights-format.ts';
import { findLinear } from './match-linear.ts';
import type { Linear } from './match-linear.ts';
import { NotUnderstood } from './not-understood.ts';
import { runPart } from './run-part.ts';
import type { TowerGraph } from './tower-graph.ts';

/** Points at which an activation is compared with the known ones. */
const points = Float32Array.from({ length: 81 }, (_, i) => (i - 40) / 8);

const known: Readonly<Record<Activation, (x: number) => number>> = {
  relu: (x) => Math.max(x, 0),
  'quick-gelu': (x) => x / (1 + Math.exp(-1.702 * x)),
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  'gelu-tanh': (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
};

/** Half precision rounds the constants of a formula; erf and tanh gelu are .0004 apart. */
const tolerance = 2e-4;

/** Find the dense layer whose numbers alone, one by one, decide a value. */
export function findActivated(graph: TowerGraph, name: string): Linear {
  const leaves = new Map<string, Linear>();
  const open = new Set([graph.behind(name)]);
  for (const of of open) {
    const linear = findLinear(graph, of);
    if (linear) leaves.set(linear.output, linear);
    else
      for (const input of graph.node(of, 'an activation of a dense layer').input)
        if (!graph.isFixed(input)) open.add(graph.behind(input));
  }
  if (leaves.size === 1) return [...leaves.values()][0];
  const expected = `an activation of one dense layer, got ${leaves.size} layers`;
  throw new NotUnderstood(graph.node(graph.behind(name), expected), expected);
}

/** Tell by its values which function leads from a dense layer to a value. */
export async function readActivation(
  graph: TowerGraph,
  from: Linear,
  name: string,
): Promise<Activation> {
  const output = graph.behind(name);
  const given = { [from.output]: { shape: [1, points.length], data: points } };
  const { data } = await runPart(graph, output, given);
  const errors = Object.entries(known).map(([kind, f]) => {
    const error = points.reduce((most, x, i) => Math.max(most, Math.abs(f(x) - data[i])), 0);
    return { kind: kind as Activation, error };
  });
  const [best] = errors.sort((a, b) => a.error - b.error);
  if (best.error <= tolerance) return best.kind;
  const expected = `one of ${Object.keys(known).join(', ')}`;
  throw new NotUnderstood(graph.node(output, expected), expected);
}

/** erf by its series; the points are at most 3.6 after division. */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 80; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
