import type { Value } from '../../../gpu-embedder/learn/onnx/graph.ts';
import { writeModel } from '../../../gpu-embedder/learn/onnx/model-proto.ts';
import type { HubModelSizes } from './hub-model-sizes.ts';
import { TorchGraph } from './torch-graph.ts';
import { heads, width } from './transformer-layer.ts';

const batch = 2;
const headWidth = width / heads;

/**
 * The text tower of open_clip, as torch.onnx exports it at operator set 17: the sequence comes first,
 * nn.MultiheadAttention has one product for queries, keys and values, the mask is a constant, and the
 * result has length 1. Without `causal` it is that of MobileCLIP2, which sees the padding.
 */
export function openClipText(
  { vocabSize, contextLength, embedDim, layers, activation }: HubModelSizes,
  { causal }: { readonly causal: boolean },
): Uint8Array {
  const t = new TorchGraph(17, 31);
  const ids = t.g.input('input_ids', [batch, contextLength], 'int64', [
    'batch_size',
    contextLength,
  ]);
  const table = t.weight('token_embedding.weight', [vocabSize, width]);
  const places = t.weight('positional_embedding', [contextLength, width]);
  const tokens = t.node('Gather', [table, ids], [batch, contextLength, width]);
  let x = t.transpose(t.binary('Add', tokens, places), 1, 0, 2);
  const mask = causal ? t.g.initializer('attn_mask', causalMask(contextLength), [contextLength, contextLength]) : null; // prettier-ignore
  for (let i = 0; i < layers; i++) {
    const name = `transformer.resblocks.${i}`;
    const y = t.binary(
      'Add',
      x,
      attention(t, `${name}.attn`, t.layerNorm(x, `${name}.ln_1`), mask),
    );
    const hidden = t.linear(t.layerNorm(y, `${name}.ln_2`), `${name}.mlp.c_fc`, 4 * width);
    x = t.binary('Add', y, t.linear(activation(t, hidden), `${name}.mlp.c_proj`, width));
  }
  x = t.layerNorm(t.transpose(x, 1, 0, 2), 'ln_final');
  const attributes = { axis: -1, keepdims: 0, select_last_index: 0 };
  const ends = t.node('ArgMax', [ids], [batch], attributes, 'int64');
  const rows = t.range(t.length(x, 0), batch);
  const pair = [t.unsqueeze(rows, 1), t.unsqueeze(ends, 1)];
  const index = t.node('Concat', pair, [batch, 2], { axis: -1 }, 'int64');
  const pooled = t.node('GatherND', [x, index], [batch, width]);
  const embeds = t.matmul(pooled, t.weight('text_projection', [width, embedDim]));
  const length = t.node('ReduceL2', [embeds], [batch, 1], { axes: [1], keepdims: 1 });
  t.g.output(t.binary('Div', embeds, length), 'text_embeds', ['batch_size', embedDim]);
  return writeModel(t.g, { opset: 17 });
}

function causalMask(length: number): Float32Array {
  return Float32Array.from({ length: length ** 2 }, (_, i) =>
    i % length > Math.floor(i / length) ? -Infinity : 0,
  );
}

/** `x` [T, batch, width] */
function attention(t: TorchGraph, name: string, x: Value, mask: Value | null): Value {
  const [count] = x.shape;
  const rows = t.length(x, 1);
  const weight = t.transpose(t.weight(`${name}.in_proj_weight`, [3 * width, width]), 1, 0);
  const all = t.binary('Add', t.weight(`${name}.in_proj_bias`, [3 * width]), t.matmul(x, weight));
  const apart = t.reshape(all, [count, batch, 3, width], count, rows, 3, width);
  const stacked = t.transpose(t.unsqueeze(apart, 0), 3, 1, 2, 0, 4);
  const squeezed = t.node('Squeeze', [stacked, t.ints(3)], [3, count, batch, width]);
  const together = t.binary('Mul', rows, t.int(heads));
  const [q, k, v] = [0, 1, 2].map((i) => {
    const part = t.node('Gather', [squeezed, t.int(i)], [count, batch, width], { axis: 0 });
    const shape = [count, batch * heads, headWidth];
    return t.transpose(t.reshape(part, shape, count, together, headWidth), 1, 0, 2);
  });
  const scaled = t.binary('Mul', q, t.float(headWidth ** -0.5));
  const product = t.matmul(scaled, t.transpose(k, 0, 2, 1));
  const scores = mask ? t.binary('Add', product, mask) : product;
  const shares = t.node('Softmax', [scores], scores.shape, { axis: -1 });
  const mixed = t.transpose(t.matmul(shares, v), 1, 0, 2);
  const long = t.node('Reshape', [mixed, t.ints(-1, width)], [count * batch, width]);
  const out = [t.weight(`${name}.out_proj.weight`, [width, width]), t.weight(`${name}.out_proj.bias`, [width])]; // prettier-ignore
  const gemm = { alpha: { float: 1 }, beta: { float: 1 }, transB: 1 };
  const result = t.node('Gemm', [long, ...out], [count * batch, width], gemm);
  return t.reshape(result, [count, batch, width], count, rows, width);
}
