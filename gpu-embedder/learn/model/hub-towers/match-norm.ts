import { NotUnderstood } from './not-understood.ts';
import { runPart } from './run-part.ts';
import { attributeOf } from './tower-graph.ts';
import type { TowerGraph } from './tower-graph.ts';

/** A layer normalisation: names of values. */
export interface Norm {
  readonly input: string;
  readonly output: string;
  readonly weight: string;
  readonly bias: string;
  readonly epsilon: number | string;
}

export interface NormWeights {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly epsilon: number;
}

/** Find the layer normalisation, one node or its formula, that a value is the result of. */
export function findNorm(graph: TowerGraph, name: string): Norm | null {
  const output = graph.behind(name);
  const node = graph.producer(output);
  if (node?.opType === 'LayerNormalization') {
    const [input, weight, bias = ''] = node.input;
    return { input, output, weight, bias, epsilon: attributeOf(node, 'epsilon')?.f ?? 1e-5 };
  }
  const shifted = fixedOperand(graph, output, 'Add');
  const scaled = shifted && fixedOperand(graph, shifted.other, 'Mul');
  if (!shifted || !scaled) return null;
  const quotient = graph.producer(graph.behind(scaled.other));
  if (quotient?.opType !== 'Div') return null;
  const [centred, deviation] = quotient.input.map((of) => graph.producer(graph.behind(of)));
  if (centred?.opType !== 'Sub' || deviation?.opType !== 'Sqrt') return null;
  const variance = fixedOperand(graph, deviation.input[0], 'Add');
  const mean = graph.producer(graph.behind(centred.input[1]));
  if (!variance || mean?.opType !== 'ReduceMean') return null;
  if (graph.producer(graph.behind(variance.other))?.opType !== 'ReduceMean') return null;
  const [input] = centred.input;
  return { input, output, weight: scaled.fixed, bias: shifted.fixed, epsilon: variance.fixed };
}

export function requireNorm(graph: TowerGraph, name: string): Norm {
  const found = findNorm(graph, name);
  if (found) return found;
  const expected = 'a layer normalisation';
  throw new NotUnderstood(graph.node(graph.behind(name), expected), expected);
}

export async function readNorm(graph: TowerGraph, norm: Norm): Promise<NormWeights> {
  const read = async (name: string): Promise<Float32Array> => (await runPart(graph, name)).data;
  const weight = await read(norm.weight);
  const bias = norm.bias === '' ? new Float32Array(weight.length) : await read(norm.bias);
  const { epsilon } = norm;
  return {
    weight,
    bias,
    epsilon: typeof epsilon === 'number' ? epsilon : (await read(epsilon))[0],
  };
}

/** The operands of a node of this operator of which one is fixed. */
export function fixedOperand(
  graph: TowerGraph,
  name: string,
  opType: string,
): { readonly fixed: string; readonly other: string } | null {
  const node = graph.producer(graph.behind(name));
  if (node?.opType !== opType) return null;
  const [a, b] = node.input;
  if (graph.isFixed(a) === graph.isFixed(b)) return null;
  return graph.isFixed(a) ? { fixed: a, other: b } : { fixed: b, other: a };
}
