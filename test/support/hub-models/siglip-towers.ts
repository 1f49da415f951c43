import type { Value } from '../../../gpu-embedder/learn/onnx/graph.ts';
import { writeModel } from '../../../gpu-embedder/learn/onnx/model-proto.ts';
import type { HubModelSizes } from './hub-model-sizes.ts';
import { patchTokens } from './patch-tokens.ts';
import { TorchGraph } from './torch-graph.ts';
import { encoderLayer, heads, tanhGelu, width } from './transformer-layer.ts';

const batch = 2;

/** SiglipTextModel as exported at operator set 17: no mask, the last token through a linear layer. */
export function siglipText({
  vocabSize,
  contextLength,
  layers,
  activation,
}: HubModelSizes): Uint8Array {
  const t = new TorchGraph(17, 21);
  const ids = t.g.input('input_ids', [batch, contextLength], 'int64', ['batch_size', 'sequence_length']); // prettier-ignore
  const flat = t.reshape(ids, [batch, contextLength], -1, t.length(ids, 1));
  const name = 'text_model.embeddings';
  const table = t.weight(`${name}.token_embedding.weight`, [vocabSize, width]);
  const places = t.weight(`${name}.position_embedding.weight`, [contextLength, width]);
  const all = BigInt64Array.from({ length: contextLength }, (_, i) => BigInt(i));
  const positionIds = t.constant(all, [1, contextLength], 'int64');
  const ends = t.lengths(t.length(flat, 1));
  const used = t.node('Slice', [positionIds, t.ints(0), ends, t.ints(1), t.ints(1)], [1, contextLength], {}, 'int64'); // prettier-ignore
  const tokens = t.node('Gather', [table, flat], [batch, contextLength, width]);
  const positions = t.node('Gather', [places, used], [1, contextLength, width]);
  let x = t.binary('Add', tokens, positions);
  for (let i = 0; i < layers; i++)
    x = encoderLayer(t, `text_model.encoder.layers.${i}`, x, null, activation);
  x = t.layerNorm(x, 'text_model.final_layer_norm');
  const head = [t.weight('text_model.head.weight', [width, width]), t.weight('text_model.head.bias', [width])]; // prettier-ignore
  const attributes = { alpha: { float: 1 }, beta: { float: 1 }, transB: 1 };
  const pooled = t.node('Gemm', [t.take(x, -1), ...head], [batch, width], attributes);
  t.g.output(x, 'last_hidden_state', ['batch_size', 'sequence_length', width]);
  t.g.output(pooled, 'pooler_output', ['batch_size', width]);
  return writeModel(t.g, { opset: 17 });
}

/** SiglipVisionModel: a probe attends to the patches. */
export function siglipVision({ imageSize, layers, activation }: HubModelSizes): Uint8Array {
  const t = new TorchGraph(17, 22);
  const pixels = t.g.input('pixel_values', [batch, 3, imageSize, imageSize], 'float32', ['batch_size', 3, imageSize, imageSize]); // prettier-ignore
  const name = 'vision_model.embeddings';
  const patches = patchTokens(t, pixels, name, true);
  const count = patches.shape[1];
  const places = t.weight(`${name}.position_embedding.weight`, [count, width]);
  const ids = BigInt64Array.from({ length: count }, (_, i) => BigInt(i));
  const positions = t.node('Gather', [places, t.constant(ids, [1, count], 'int64')], [1, count, width]); // prettier-ignore
  let x = t.binary('Add', patches, positions);
  for (let i = 0; i < layers; i++)
    x = encoderLayer(t, `vision_model.encoder.layers.${i}`, x, null, activation);
  x = t.layerNorm(x, 'vision_model.post_layernorm');
  t.g.output(x, 'last_hidden_state', ['batch_size', count, width]);
  t.g.output(poolingHead(t, x), 'pooler_output', ['batch_size', width]);
  return writeModel(t.g, { opset: 17 });
}

/** SiglipMultiheadAttentionPoolingHead around torch's nn.MultiheadAttention. */
function poolingHead(t: TorchGraph, x: Value): Value {
  const name = 'vision_model.head';
  const rows = t.length(x, 0);
  const probe = t.weight(`${name}.probe`, [1, 1, width]);
  const query = t.node('Tile', [probe, t.lengths(rows, 1, 1)], [batch, 1, width]);
  const attended = pooledAttention(t, `${name}.attention`, query, x);
  const normal = t.layerNorm(attended, `${name}.layernorm`);
  const hidden = tanhGelu(t, t.linear(normal, `${name}.mlp.fc1`, 2 * width));
  const output = t.binary('Add', attended, t.linear(hidden, `${name}.mlp.fc2`, width));
  return t.take(output, 0);
}

/** Sequence first; the weights of query, key and value are rows of one matrix. */
function pooledAttention(t: TorchGraph, name: string, query: Value, x: Value): Value {
  const weight = t.weight(`${name}.in_proj_weight`, [3 * width, width]);
  const bias = t.weight(`${name}.in_proj_bias`, [3 * width]);
  const part = (of: Value, start: number, end: number): Value => {
    const shape = of.shape.with(0, end - start);
    return t.node('Slice', [of, t.ints(start), t.ints(end), t.ints(0)], shape);
  };
  const project = (input: Value, start: number, end: number): Value => {
    const product = t.matmul(input, t.transpose(part(weight, start, end), 1, 0));
    return t.binary('Add', part(bias, start, end), product);
  };
  const q = project(t.transpose(query, 1, 0, 2), 0, width); // [1, batch, width]
  const count = x.shape[1];
  const keyValue = project(t.transpose(x, 1, 0, 2), width, 3 * width); // [T, batch, 2 width]
  const rows = t.length(query, 0);
  const apart = t.reshape(keyValue, [count, batch, 2, width], count, rows, 2, width);
  const stacked = t.transpose(t.unsqueeze(apart, 0), 3, 1, 2, 0, 4);
  const squeezed = t.node('Squeeze', [stacked, t.ints(3)], [2, count, batch, width]);
  const [k, v] = [0, 1].map((i) =>
    t.node('Gather', [squeezed, t.int(i)], [count, batch, width], { axis: 0 }),
  );
  const headWidth = width / heads;
  const all = t.binary('Mul', rows, t.int(heads));
  const split = (of: Value, length: number): Value => {
    const shape = [length, batch * heads, headWidth];
    return t.transpose(t.reshape(of, shape, length, all, headWidth), 1, 0, 2);
  };
  const scaled = t.binary('Mul', split(q, 1), t.float(headWidth ** -0.5));
  const scores = t.matmul(scaled, t.transpose(split(k, count), 0, 2, 1));
  const weights = t.node('Softmax', [scores], scores.shape, { axis: -1 });
  const mixed = t.transpose(t.matmul(weights, split(v, count)), 1, 0, 2);
  const flat = t.reshape(mixed, [batch, width], rows, width);
  const out = [t.weight(`${name}.out_proj.weight`, [width, width]), t.weight(`${name}.out_proj.bias`, [width])]; // prettier-ignore
  const product = t.node('Gemm', [flat, ...out], [batch, width], {
    alpha: { float: 1 },
    beta: { float: 1 },
    transB: 1,
  });
  return t.transpose(t.reshape(product, [1, batch, width], 1, rows, width), 1, 0, 2);
}
