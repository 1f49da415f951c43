import type { TransformerShape } from '../../../../src/version/weights-format.ts';
import type { Weights } from './tower-weights.ts';
import { chosenRow, findPooling } from './find-pooling.ts';
import { findLayers } from './match-layers.ts';
import { findLinear, readLinear } from './match-linear.ts';
import { findNorm, readNorm } from './match-norm.ts';
import { NotUnderstood } from './not-understood.ts';
import { findAttentionPooling, readAttentionPooling } from './pool-attention.ts';
import { readPatches } from './read-patches.ts';
import { putDense, putNorm, readLayers } from './read-layers.ts';
import type { Surroundings } from './read-attention.ts';
import { skipUnitLength } from './skip-unit-length.ts';
import type { TowerGraph } from './tower-graph.ts';

export interface VitTower extends TransformerShape {
  readonly embedDim: number;
  readonly patch: number;
  readonly pooling: 'class' | 'attention';
  readonly preNorm: boolean;
  readonly weights: Weights;
}

/**
 * Read an image tower of CLIP (class token, projection) or SigLIP (attention pooling).
 *
 * @throws NotUnderstood
 */
export async function readVitTower(graph: TowerGraph, imageSize: number): Promise<VitTower> {
  const [pixels] = graph.inputs;
  const shape = [1, 3, imageSize, imageSize];
  const inputs = { [pixels]: { shape, data: new Float32Array(3 * imageSize ** 2) } };
  const top = skipUnitLength(graph, graph.output);
  const head = findLinear(graph, top);
  const pooled = head ? findPooling(graph, head.input) : findAttentionPooling(graph, top);
  const layers = findLayers(graph, pooled.input);
  const preNorm = findNorm(graph, layers.input);
  const weights: Weights = new Map();
  const embedded = preNorm ? graph.behind(preNorm.input) : layers.input;
  const patches = await readPatches(graph, embedded, inputs, weights);
  const { width, tokens, hasClass, patch } = patches;
  if (hasClass !== (head !== null)) {
    const expected = head ? 'a class token before the patches' : 'patches without a class token';
    throw new NotUnderstood(graph.node(embedded, expected), expected);
  }
  if (preNorm) putNorm(weights, 'pre_ln', await readNorm(graph, preNorm));
  const around: Surroundings = { width, tokens, inputs, before: [layers.input] };
  const { causal, ...read } = await readLayers(graph, layers, around, weights);
  if (causal) throw new NotUnderstood(graph.node(embedded, 'x'), 'an image without a mask');
  putNorm(weights, 'final_ln', await readNorm(graph, pooled.norm));
  const pooling = head ? 'class' : 'attention';
  const common = { ...read, patch, pooling, preNorm: preNorm !== null, weights } as const;
  if ('attention' in pooled) {
    await readAttentionPooling(graph, pooled, around, weights);
    return { ...common, embedDim: width };
  }
  if ((await chosenRow(graph, pooled, { tokens, width }, inputs)) !== 0) {
    const expected = 'the row of the class token';
    throw new NotUnderstood(graph.node(graph.behind(pooled.chosen), expected), expected);
  }
  const projection = await readLinear(graph, head!, width);
  putDense(weights, 'image_projection', projection);
  return { ...common, embedDim: projection.to };
}
