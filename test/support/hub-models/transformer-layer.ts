import type { Value } from '../../../gpu-embedder/learn/onnx/graph.ts';
import type { TorchGraph } from './torch-graph.ts';

export const width = 32;
export const heads = 2;
const headWidth = width / heads;

export type Activation = (t: TorchGraph, x: Value) => Value;

export const quickGelu: Activation = (t, x) =>
  t.binary('Mul', x, t.unary('Sigmoid', t.binary('Mul', x, t.float(1.702))));

export const erfGelu: Activation = (t, x) => {
  const gate = t.binary('Add', t.unary('Erf', t.binary('Div', x, t.float(Math.SQRT2))), t.float(1));
  return t.binary('Mul', t.binary('Mul', x, gate), t.float(0.5));
};

export const tanhGelu: Activation = (t, x) => {
  const cubed = t.binary('Mul', x, t.binary('Mul', x, x));
  const inner = t.binary('Add', x, t.binary('Mul', t.float(0.044715), cubed));
  const gate = t.unary('Tanh', t.binary('Mul', t.float(Math.sqrt(2 / Math.PI)), inner));
  return t.binary('Mul', t.float(0.5), t.binary('Mul', x, t.binary('Add', t.float(1), gate)));
};

/** CLIPEncoderLayer and SiglipEncoderLayer of transformers; `x` [batch, T, width]. */
export function encoderLayer(
  t: TorchGraph,
  name: string,
  x: Value,
  mask: Value | null,
  activation: Activation,
): Value {
  const normal = t.layerNorm(x, `${name}.layer_norm1`);
  const y = t.binary('Add', x, selfAttention(t, `${name}.self_attn`, normal, mask));
  const hidden = t.linear(t.layerNorm(y, `${name}.layer_norm2`), `${name}.mlp.fc1`, 2 * width);
  return t.binary('Add', y, t.linear(activation(t, hidden), `${name}.mlp.fc2`, width));
}

function selfAttention(t: TorchGraph, name: string, x: Value, mask: Value | null): Value {
  const [rows, count] = x.shape;
  const [batch, length] = [t.length(x, 0), t.length(x, 1)];
  const [q, k, v] = ['q_proj', 'k_proj', 'v_proj'].map((part) =>
    t.reshape(
      t.linear(x, `${name}.${part}`, width),
      [rows, count, heads, headWidth],
      ...[batch, length, -1, headWidth],
    ),
  );
  const product = t.matmul(t.transpose(q, 0, 2, 1, 3), t.transpose(k, 0, 2, 3, 1));
  const scaled = t.binary('Mul', product, t.float(headWidth ** -0.5));
  const scores = mask ? t.binary('Add', scaled, mask) : scaled;
  const weights = t.node('Softmax', [scores], scores.shape, { axis: -1 });
  const mixed = t.transpose(t.matmul(weights, t.transpose(v, 0, 2, 1, 3)), 0, 2, 1, 3);
  const joined = t.reshape(mixed, [rows, count, width], batch, length, -1);
  return t.linear(joined, `${name}.out_proj`, width);
}
