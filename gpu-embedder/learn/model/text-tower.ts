import type { Value } from '../onnx/graph.ts';
import * as op from '../onnx/operators/index.ts';
import type { TextTowerConfig } from '../../common/model-folder/config.ts';
import { l2Normalise, layerNorm, linear, transformerBlock } from './layers.ts';
import type { Parameters } from './parameters.ts';

/**
 * Token ids to unit embeddings: pre-norm transformer without a causal mask, mean over the tokens
 * that are not padding (id 0).
 *
 * @param ids - [batch, T], T at most contextLength
 * @returns [batch, embedDim]
 */
export function textTower(
  p: Parameters,
  ids: Value,
  config: TextTowerConfig,
  embedDim: number,
): Value {
  return textHead(p, textFeatures(p, ids, config), embedDim);
}

/** Pooled features to unit embeddings. */
export function textHead(p: Parameters, features: Value, embedDim: number): Value {
  return l2Normalise(p, linear(p, 'text_projection', features, embedDim));
}

/** Token ids to pooled features. -> [batch, width]. */
export function textFeatures(p: Parameters, ids: Value, config: TextTowerConfig): Value {
  const g = p.graph;
  const length = ids.shape[1];
  const table = p.get('token_embedding.weight', [config.vocabSize, config.width], { std: 0.3 });
  const positions = p.get(
    'position_embedding.weight',
    [config.contextLength, config.width],
    { std: 0.05 },
    { decay: false },
  );
  const present = op.Cast(g, op.Not(g, op.Equal(g, ids, 0)), 'float32'); // [batch, T]
  let x = op.Add(g, op.Gather(g, table, ids), firstPositions(p, positions, ids, length));
  const absent = op.Mul(g, op.Sub(g, present, 1), 1e4);
  const mask = op.Unsqueeze(g, absent, [1, 2]); // [batch, 1, 1, T]
  for (let i = 0; i < config.depth; i++) x = transformerBlock(p, `layers.${i}`, x, mask, config);
  x = layerNorm(p, 'final_ln', x);
  const count = op.ReduceSum(g, present, [1]);
  const weights = op.Unsqueeze(g, op.Div(g, present, count), [2]); // [batch, T, 1]
  return op.ReduceSum(g, op.Mul(g, x, weights), [1], false);
}

/** Take the first T rows of the positional table. Inference reads T from the ids at run time. */
function firstPositions(p: Parameters, positions: Value, ids: Value, length: number): Value {
  const g = p.graph;
  const [rows, width] = positions.shape;
  if (p.training) {
    return length === rows ? positions : op.Slice(g, positions, [0], [length], [0]);
  }
  const end = op.Slice(g, op.Shape(g, ids), [1], [2], [0]);
  return op.Slice(g, positions, [0], end, [0], [1], [length, width]);
}
