import type { Weights } from './tower-weights.ts';
import { chosenRow, findPooling } from './find-pooling.ts';
import { findLayers } from './match-layers.ts';
import { readLinear, requireLinear } from './match-linear.ts';
import { fixedOperand, readNorm } from './match-norm.ts';
import { NotUnderstood } from './not-understood.ts';
import { skipUnitLength } from './skip-unit-length.ts';
import { putDense, putNorm, readLayers } from './read-layers.ts';
import type { Shape } from './read-layers.ts';
import { runPart } from './run-part.ts';
import type { Given } from './run-part.ts';
import type { TowerGraph } from './tower-graph.ts';

export interface TextTower extends Shape {
  readonly embedDim: number;
  readonly vocabSize: number;
  /** The row of the end token, or the last one. */
  readonly pooling: 'end' | 'last';
  /** Whether padding is seen by the other tokens or chosen, so that it must be computed. */
  readonly padded: boolean;
  readonly weights: Weights;
}

export interface TextTowerInput {
  readonly contextLength: number;
  /** Id of the end token; null where texts have none. */
  readonly end: number | null;
}

/**
 * Read a text tower of CLIP or SigLIP.
 *
 * @throws NotUnderstood
 */
export async function readTextTower(
  graph: TowerGraph,
  { contextLength, end }: TextTowerInput,
): Promise<TextTower> {
  const head = requireLinear(graph, skipUnitLength(graph, graph.output), 'a projection');
  const pooling = findPooling(graph, head.input);
  const layers = findLayers(graph, pooling.input);
  const embedded = fixedOperand(graph, layers.input, 'Add');
  if (!embedded) {
    const expected = 'the sum of tokens and positions';
    throw new NotUnderstood(graph.node(layers.input, expected), expected);
  }
  const ids = new BigInt64Array(contextLength);
  const inputs = inputsFor(graph, ids, [1, contextLength]);
  const positions = await runPart(graph, embedded.fixed, inputs);
  const width = positions.shape[positions.shape.length - 1];
  if (positions.data.length !== contextLength * width) {
    const expected = `positions [${contextLength}, width], got [${positions.shape.join(', ')}]`;
    throw new NotUnderstood(graph.node(layers.input, expected), expected);
  }
  const weights: Weights = new Map();
  const tokens = await readTokens(graph, embedded.other, contextLength, width);
  weights.set('token_embedding.weight', tokens);
  weights.set('position_embedding.weight', {
    shape: [contextLength, width],
    data: positions.data,
  });
  const around = { width, tokens: contextLength, inputs, before: [layers.input] };
  const shape = await readLayers(graph, layers, around, weights);
  putNorm(weights, 'final_ln', await readNorm(graph, pooling.norm));
  const projection = await readLinear(graph, head, width);
  putDense(weights, 'text_projection', projection);
  // An end token at the fourth place, and padding behind it.
  const text = ids.slice();
  if (end !== null) text.set([1n, 2n, 3n, BigInt(end)]);
  const row = await chosenRow(
    graph,
    pooling,
    { tokens: contextLength, width },
    inputsFor(graph, text, [1, contextLength]),
  );
  if (row !== contextLength - 1 && (end === null || row !== 3)) {
    const expected = `the row of the end token or the last one, got row ${row} of ${contextLength}`;
    throw new NotUnderstood(graph.node(graph.behind(pooling.chosen), expected), expected);
  }
  const isLast = row === contextLength - 1;
  const { scores } = layers.layers[0].attention;
  const isMasked = shape.causal || graph.dependsOn(scores, 'attention_mask');
  return {
    ...shape,
    embedDim: projection.to,
    vocabSize: tokens.shape[0],
    pooling: isLast ? 'last' : 'end',
    padded: isLast || !isMasked,
    weights,
  };
}

/** Token ids, and ones for every other input (attention_mask). */
function inputsFor(
  graph: TowerGraph,
  ids: BigInt64Array,
  shape: readonly number[],
): Record<string, Given> {
  const ones = new BigInt64Array(ids.length).fill(1n);
  return Object.fromEntries(
    graph.inputs.map((name) => [name, { shape, data: name === 'input_ids' ? ids : ones }]),
  );
}

/** Read the table of tokens, which may be quantised, by looking up each id. */
async function readTokens(
  graph: TowerGraph,
  name: string,
  contextLength: number,
  width: number,
): Promise<{ shape: number[]; data: Float32Array }> {
  const vocabSize = countTokens(graph, name);
  const rows = Math.ceil(vocabSize / contextLength);
  const ids = BigInt64Array.from({ length: rows * contextLength }, (_, i) =>
    BigInt(Math.min(i, vocabSize - 1)),
  );
  const { data } = await runPart(graph, name, inputsFor(graph, ids, [rows, contextLength]));
  return { shape: [vocabSize, width], data: data.subarray(0, vocabSize * width) };
}

/** Count the rows of the table that token ids index on the way to a value. */
function countTokens(graph: TowerGraph, name: string): number {
  const expected = 'a table that token ids index';
  let node = graph.node(graph.behind(name), expected);
  while (node.opType !== 'Gather') {
    const next = node.input.find((input) => !graph.isFixed(input));
    if (next === undefined) throw new NotUnderstood(node, expected);
    node = graph.node(graph.behind(next), expected);
  }
  const table = graph.initializers.get(graph.behind(node.input[0]));
  if (table) return Number(table.dims[0]);
  throw new NotUnderstood(node, expected);
}
