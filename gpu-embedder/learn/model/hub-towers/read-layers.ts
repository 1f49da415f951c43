import type { TransformerShape } from '../../../../src/version/weights-format.ts';
import type { Weights } from './tower-weights.ts';
import { readActivation } from './match-activation.ts';
import type { Layers, Mlp } from './match-layers.ts';
import { readLinear } from './match-linear.ts';
import type { Dense } from './match-linear.ts';
import { readNorm } from './match-norm.ts';
import type { NormWeights } from './match-norm.ts';
import { NotUnderstood } from './not-understood.ts';
import { readAttention } from './read-attention.ts';
import type { Surroundings } from './read-attention.ts';
import type { TowerGraph } from './tower-graph.ts';

/** What the layers of a transformer share. */
export interface Shape extends TransformerShape {
  readonly causal: boolean;
}

/** Read the layers of a transformer into `weights` as `layers.I.…`. */
export async function readLayers(
  graph: TowerGraph,
  { layers }: Layers,
  around: Surroundings,
  weights: Weights,
): Promise<Shape> {
  const { width } = around;
  let shape: Shape | null = null;
  for (const [i, layer] of layers.entries()) {
    const ln1 = await readNorm(graph, layer.norm);
    const before = [...around.before, graph.behind(layer.norm.input)];
    const attention = await readAttention(graph, layer.attention, { ...around, before });
    const { hidden, activation } = await readMlp(graph, layer.mlp, width, `layers.${i}`, weights);
    putNorm(weights, `layers.${i}.ln1`, ln1);
    putDense(weights, `layers.${i}.attention.qkv`, attention.qkv);
    putDense(weights, `layers.${i}.attention.out`, attention.out);
    const { heads, causal } = attention;
    const { epsilon } = ln1;
    const read = { width, depth: layers.length, heads, hidden, activation, epsilon, causal };
    shape ??= read;
    if (JSON.stringify(read) === JSON.stringify(shape)) continue;
    const expected = `a layer like the first (${JSON.stringify(shape)}), got ${JSON.stringify(read)}`;
    throw new NotUnderstood(graph.node(layer.mlp.fc2.output, expected), expected);
  }
  return shape!;
}

/** Read a perceptron and its norm as `NAME.ln2`, `NAME.mlp.fc1` and `NAME.mlp.fc2`. */
export async function readMlp(
  graph: TowerGraph,
  mlp: Mlp,
  width: number,
  name: string,
  weights: Weights,
  norm = 'ln2',
): Promise<Pick<Shape, 'hidden' | 'activation'>> {
  const fc1 = await readLinear(graph, mlp.fc1, width);
  putNorm(weights, `${name}.${norm}`, await readNorm(graph, mlp.norm));
  putDense(weights, `${name}.mlp.fc1`, fc1);
  putDense(weights, `${name}.mlp.fc2`, await readLinear(graph, mlp.fc2, fc1.to));
  const activation = await readActivation(graph, mlp.fc1, mlp.activated);
  return { hidden: fc1.to, activation };
}

export function putDense(weights: Weights, name: string, { from, to, weight, bias }: Dense): void {
  weights.set(`${name}.weight`, { shape: [from, to], data: weight });
  weights.set(`${name}.bias`, { shape: [to], data: bias });
}

export function putNorm(weights: Weights, name: string, { weight, bias }: NormWeights): void {
  weights.set(`${name}.weight`, { shape: [weight.length], data: weight });
  weights.set(`${name}.bias`, { shape: [bias.length], data: bias });
}
