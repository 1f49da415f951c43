import { findActivated } from './match-activation.ts';
import { findAttention } from './match-attention.ts';
import type { Attention } from './match-attention.ts';
import { requireLinear } from './match-linear.ts';
import type { Linear } from './match-linear.ts';
import { requireNorm } from './match-norm.ts';
import type { Norm } from './match-norm.ts';
import { NotUnderstood } from './not-understood.ts';
import type { TowerGraph } from './tower-graph.ts';

export interface Mlp {
  readonly norm: Norm;
  readonly fc1: Linear;
  /** What goes into fc2. */
  readonly activated: string;
  readonly fc2: Linear;
}

/** A layer of a pre-norm transformer. */
export interface Layer {
  readonly norm: Norm;
  readonly attention: Attention;
  readonly mlp: Mlp;
}

export interface Layers {
  /** What goes into the first layer. */
  readonly input: string;
  readonly layers: readonly Layer[];
}

/** Find the layers behind a value, the last one first, until something else than a residual sum comes. */
export function findLayers(graph: TowerGraph, name: string): Layers {
  const layers: Layer[] = [];
  let at = graph.behind(name);
  for (let sum = findResidual(graph, at); sum; sum = findResidual(graph, at)) {
    const mlp = findMlp(graph, sum);
    const middle = findResidual(graph, sum.stream);
    if (!middle) {
      const expected = 'the sum of a layer and its attention';
      throw new NotUnderstood(graph.node(sum.stream, expected), expected);
    }
    const attention = findAttention(graph, middle.branch);
    const norm = requireNorm(graph, attention.input);
    requireSame(graph, norm.input, middle.stream);
    layers.unshift({ norm, attention, mlp });
    at = middle.stream;
  }
  if (layers.length > 0) return { input: at, layers };
  const expected = 'the residual sum of a transformer layer';
  throw new NotUnderstood(graph.node(at, expected), expected);
}

/** A sum x + f(x). */
export interface Residual {
  readonly stream: string;
  readonly branch: string;
}

export function findResidual(graph: TowerGraph, name: string): Residual | null {
  const node = graph.producer(graph.behind(name));
  if (node?.opType !== 'Add' || node.input.some((input) => graph.isFixed(input))) return null;
  const [a, b] = node.input.map((input) => graph.behind(input));
  if (graph.dependsOn(b, a)) return { stream: a, branch: b };
  return graph.dependsOn(a, b) ? { stream: b, branch: a } : null;
}

/** Find fc2(activation(fc1(norm(x)))), the branch of a residual sum. */
export function findMlp(graph: TowerGraph, { stream, branch }: Residual): Mlp {
  const fc2 = requireLinear(graph, branch, 'the second dense layer of a perceptron');
  const fc1 = findActivated(graph, fc2.input);
  const norm = requireNorm(graph, fc1.input);
  requireSame(graph, norm.input, stream);
  return { norm, fc1, activated: fc2.input, fc2 };
}

function requireSame(graph: TowerGraph, name: string, as: string): void {
  if (graph.behind(name) === graph.behind(as)) return;
  const expected = 'a layer that normalises the value to which it is added';
  throw new NotUnderstood(graph.node(graph.behind(name), expected), expected);
}
