import type { Value } from '../onnx/graph.ts';
import * as op from '../onnx/operators/index.ts';
import type { Parameters } from './parameters.ts';

/** x W + b over the last axis. `x` [..., in] -> [..., out]; `gain` scales the initial weights. */
export function linear(p: Parameters, name: string, x: Value, out: number, gain = 1): Value {
  const g = p.graph;
  const width = x.shape[x.shape.length - 1];
  const weight = p.get(`${name}.weight`, [width, out], { std: gain / Math.sqrt(width) });
  const bias = p.get(`${name}.bias`, [out], { value: 0 });
  const leading = x.shape.slice(0, -1);
  // One flat Gemm is fastest to train; MatMul leaves batch and length open for inference.
  if (!p.training) return op.Add(g, op.MatMul(g, x, weight), bias);
  const rows = leading.reduce((a, b) => a * b, 1);
  const y = op.Gemm(g, op.Reshape(g, x, [rows, width]), weight, bias);
  return op.Reshape(g, y, [...leading, out]);
}

/** Layer normalisation over the last axis (arXiv:1607.06450). */
export function layerNorm(p: Parameters, name: string, x: Value): Value {
  const axis = x.shape.length - 1;
  const scale = p.get(`${name}.weight`, [x.shape[axis]], { value: 1 });
  const bias = p.get(`${name}.bias`, [x.shape[axis]], { value: 0 });
  return op.LayerNormalization(p.graph, x, scale, bias, { axis, epsilon: 1e-5 });
}

/** Scale rows to unit length. `x` [n, d]. */
export function l2Normalise(p: Parameters, x: Value): Value {
  const g = p.graph;
  const sum = op.ReduceSum(g, op.Mul(g, x, x), [1]);
  return op.Div(g, x, op.Sqrt(g, op.Add(g, sum, 1e-12)));
}

export interface BlockConfig {
  readonly width: number;
  readonly heads: number;
  readonly mlpRatio: number;
}

/**
 * Pre-norm transformer block (arXiv:2002.04745) with a ReLU MLP.
 *
 * @param x - [batch, T, width]
 * @param mask - [batch, 1, 1, T], added to the attention scores, or null
 */
export function transformerBlock(
  p: Parameters,
  name: string,
  x: Value,
  mask: Value | null,
  config: BlockConfig,
): Value {
  const g = p.graph;
  const attended = attention(p, `${name}.attention`, layerNorm(p, `${name}.ln1`, x), mask, config);
  const y = op.Add(g, x, attended);
  const hidden = linear(
    p,
    `${name}.mlp.fc1`,
    layerNorm(p, `${name}.ln2`, y),
    config.width * config.mlpRatio,
  );
  return op.Add(g, y, linear(p, `${name}.mlp.fc2`, op.Relu(g, hidden), config.width, 0.5));
}

/** Multi-head self-attention (arXiv:1706.03762, eq. 1). */
function attention(
  p: Parameters,
  name: string,
  x: Value,
  mask: Value | null,
  { width, heads }: BlockConfig,
): Value {
  const g = p.graph;
  const [batch, length] = x.shape;
  const headWidth = width / heads;
  const qkv = op.Reshape(g, linear(p, `${name}.qkv`, x, 3 * width), [
    batch,
    length,
    3,
    heads,
    headWidth,
  ]);
  // [3, batch, heads, T, headWidth]
  const parts = op.Split(g, op.Transpose(g, qkv, [2, 0, 3, 1, 4]), [1, 1, 1], 0);
  const [q, k, v] = parts.map((part) => op.Squeeze(g, part, [0]));
  const scaled = op.Mul(g, q, 1 / Math.sqrt(headWidth));
  let scores = op.MatMul(g, scaled, op.Transpose(g, k, [0, 1, 3, 2]));
  if (mask) scores = op.Add(g, scores, mask);
  const mixed = op.MatMul(g, op.Softmax(g, scores), v);
  const joined = op.Reshape(g, op.Transpose(g, mixed, [0, 2, 1, 3]), [batch, length, width]);
  return linear(p, `${name}.out`, joined, width, 0.5);
}
