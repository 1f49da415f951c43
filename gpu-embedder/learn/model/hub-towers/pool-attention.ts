import { findAttention } from './match-attention.ts';
import type { Attention } from './match-attention.ts';
import { findMlp, findResidual } from './match-layers.ts';
import type { Mlp } from './match-layers.ts';
import { readLinear } from './match-linear.ts';
import { requireNorm } from './match-norm.ts';
import type { Norm } from './match-norm.ts';
import { NotUnderstood } from './not-understood.ts';
import { joinColumns, openProbe, readParts } from './read-attention.ts';
import type { Surroundings } from './read-attention.ts';
import { putDense, readMlp } from './read-layers.ts';
import type { TowerGraph } from './tower-graph.ts';
import type { Weights } from './tower-weights.ts';

/** The head of SigLIP's image tower: a probe attends to all rows, then a perceptron with residual. */
export interface AttentionPooling {
  readonly attention: Attention;
  readonly mlp: Mlp;
  /** The norm of all rows. */
  readonly norm: Norm;
  /** What the last layer gives. */
  readonly input: string;
}

export function findAttentionPooling(graph: TowerGraph, name: string): AttentionPooling {
  const only = graph.node(name, 'a projection, or the one row of a probe');
  const sum = findResidual(graph, only.opType === 'Gather' ? only.input[0] : name);
  if (!sum) throw new NotUnderstood(only, 'a projection, or a perceptron with its residual sum');
  const attention = findAttention(graph, sum.stream);
  if (attention.query) {
    const expected = 'a probe that does not depend on the image';
    throw new NotUnderstood(graph.node(attention.query.output, expected), expected);
  }
  const norm = requireNorm(graph, attention.input);
  return { attention, mlp: findMlp(graph, sum), norm, input: graph.behind(norm.input) };
}

/**
 * Read the head into `pool.…`. The probe is found by its scores with the rows of an identity as
 * keys: each gives one number of it, times the scale.
 */
export async function readAttentionPooling(
  graph: TowerGraph,
  { attention, mlp, norm }: AttentionPooling,
  around: Surroundings,
  weights: Weights,
): Promise<void> {
  const { width, tokens } = around;
  const probe = await openProbe(graph, attention, {
    ...around,
    before: [...around.before, graph.behind(norm.input)],
  });
  const query = new Float32Array(width);
  let heads = 1;
  for (let start = 0; start < width; start += tokens) {
    const identity = (row: number, column: number): number => (column === start + row ? 1 : 0);
    const { data } = await probe(attention.scores, [identity, () => 0]);
    heads = data.length / tokens;
    const headWidth = width / heads;
    for (let i = 0; i < tokens && start + i < width; i++) {
      const head = Math.floor((start + i) / headWidth);
      query[start + i] = data[head * tokens + i] * Math.sqrt(headWidth);
    }
  }
  weights.set('pool.query', { shape: [width], data: query });
  putDense(weights, 'pool.kv', joinColumns(await readParts(graph, attention, width)));
  putDense(weights, 'pool.out', await readLinear(graph, attention.out, width));
  await readMlp(graph, mlp, width, 'pool', weights, 'ln');
}
