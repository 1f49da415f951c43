import type { Value } from '../../../gpu-embedder/learn/onnx/graph.ts';
import { writeModel } from '../../../gpu-embedder/learn/onnx/model-proto.ts';
import type { HubModelSizes } from './hub-model-sizes.ts';
import { patchTokens } from './patch-tokens.ts';
import { TorchGraph } from './torch-graph.ts';
import { encoderLayer, width } from './transformer-layer.ts';

const lowest = -3.4028234663852886e38;
const batch = 2;

/** CLIPTextModelWithProjection as transformers 4.3x is exported at operator set 14. */
export function clipText({
  vocabSize,
  contextLength,
  embedDim,
  layers,
  activation,
}: HubModelSizes): Uint8Array {
  const t = new TorchGraph(14, 11);
  const dims = ['batch_size', 'sequence_length'];
  const [ids, attended] = ['input_ids', 'attention_mask'].map((name) =>
    t.g.input(name, [batch, contextLength], 'int64', dims),
  );
  const flat = t.reshape(ids, [batch, contextLength], -1, t.length(ids, 1));
  const length = t.length(flat, 1);
  const name = 'text_model.embeddings';
  const table = t.weight(`${name}.token_embedding.weight`, [vocabSize, width]);
  const places = t.weight(`${name}.position_embedding.weight`, [contextLength, width]);
  const allIds = BigInt64Array.from({ length: contextLength }, (_, i) => BigInt(i));
  const positionIds = t.g.initializer(`${name}.position_ids`, allIds, [1, contextLength], 'int64');
  const ends = t.lengths(length);
  const used = t.node('Slice', [positionIds, t.ints(0), ends, t.ints(1), t.ints(1)], [1, contextLength], {}, 'int64'); // prettier-ignore
  const tokens = t.node('Gather', [table, flat], [batch, contextLength, width]);
  const positions = t.node('Gather', [places, used], [1, contextLength, width]);
  let x = t.binary('Add', tokens, positions);
  const mask = t.binary('Add', causalMask(t, x), paddingMask(t, attended));
  for (let i = 0; i < layers; i++)
    x = encoderLayer(t, `text_model.encoder.layers.${i}`, x, mask, activation);
  x = t.layerNorm(x, 'text_model.final_layer_norm');
  const embeds = t.linear(lastToken(t, x, ids), 'text_projection', embedDim, false);
  t.g.output(embeds, 'text_embeds', ['batch_size', embedDim]);
  t.g.output(x, 'last_hidden_state', ['batch_size', 'sequence_length', width]);
  return writeModel(t.g, { opset: 14 });
}

/** [batch, 1, T, T]: a token attends to those before it. */
function causalMask(t: TorchGraph, x: Value): Value {
  const [rows, count] = x.shape;
  const length = t.length(x, 1);
  const full = t.node('ConstantOfShape', [t.lengths(length, length)], [count, count], {
    value: { tensor: { dtype: 'float32', shape: [1], data: new Float32Array([lowest]) } },
  });
  const order = t.range(length, count);
  const bound = t.reshape(t.binary('Add', order, t.int(1)), [count, 1], length, 1);
  const seen = t.binary('Less', order, bound, 'bool');
  const masked = t.node('Where', [seen, t.float(0), full], [count, count]);
  const square = t.unsqueeze(t.unsqueeze(masked, 0), 1);
  return t.expand(square, [rows, 1, count, count], t.length(x, 0), 1, length, length);
}

/** [batch, 1, T, T]: no token attends to padding. */
function paddingMask(t: TorchGraph, attended: Value): Value {
  const [rows, count] = attended.shape;
  const [batchSize, length] = [t.length(attended, 0), t.length(attended, 1)];
  const row = t.unsqueeze(t.unsqueeze(attended, 1), 2);
  const wide = t.expand(row, [rows, 1, count, count], batchSize, 1, length, length);
  const inverted = t.binary('Sub', t.float(1), t.cast(wide, 'float32'));
  return t.node('Where', [t.cast(inverted, 'bool'), t.float(lowest), inverted], wide.shape);
}

/** x[arange(batch), ids.argmax(-1)]: the end of a text has the highest id. */
function lastToken(t: TorchGraph, x: Value, ids: Value): Value {
  const attributes = { axis: -1, keepdims: 0, select_last_index: 0 };
  const ends = t.node('ArgMax', [t.cast(ids, 'int32')], [batch], attributes, 'int64');
  const rows = t.range(t.length(x, 0), batch);
  const pair = [t.unsqueeze(rows, 1), t.unsqueeze(ends, 1)];
  const index = t.node('Concat', pair, [batch, 2], { axis: -1 }, 'int64');
  return t.node('GatherND', [x, index], [batch, width]);
}

/** CLIPVisionModelWithProjection. */
export function clipVision({ imageSize, embedDim, layers, activation }: HubModelSizes): Uint8Array {
  const t = new TorchGraph(14, 12);
  const pixels = t.g.input('pixel_values', [batch, 3, imageSize, imageSize], 'float32', [
    ...['batch_size', 'num_channels', 'height', 'width'],
  ]);
  const name = 'vision_model.embeddings';
  const patches = patchTokens(t, pixels, name, false);
  const first = t.weight(`${name}.class_embedding`, [width]);
  const classes = t.expand(first, [batch, 1, width], t.length(pixels, 0), 1, -1);
  const count = patches.shape[1] + 1;
  const tokens = t.node('Concat', [classes, patches], [batch, count, width], { axis: 1 });
  const places = t.weight(`${name}.position_embedding.weight`, [count, width]);
  const ids = BigInt64Array.from({ length: count }, (_, i) => BigInt(i));
  const positionIds = t.g.initializer(`${name}.position_ids`, ids, [1, count], 'int64');
  const positions = t.node('Gather', [places, positionIds], [1, count, width]);
  let x = t.layerNorm(t.binary('Add', tokens, positions), 'vision_model.pre_layrnorm');
  for (let i = 0; i < layers; i++)
    x = encoderLayer(t, `vision_model.encoder.layers.${i}`, x, null, activation);
  const pooled = t.layerNorm(t.take(x, 0), 'vision_model.post_layernorm');
  const embeds = t.linear(pooled, 'visual_projection', embedDim, false);
  t.g.output(embeds, 'image_embeds', ['batch_size', embedDim]);
  t.g.output(x, 'last_hidden_state', ['batch_size', count, width]);
  return writeModel(t.g, { opset: 14 });
}
