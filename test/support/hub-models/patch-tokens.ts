import type { Value } from '../../../gpu-embedder/learn/onnx/graph.ts';
import type { TorchGraph } from './torch-graph.ts';
import { width } from './transformer-layer.ts';

const patchSize = 8;

/** Pixels [batch, 3, S, S] to tokens [batch, patches, width]. */
export function patchTokens(t: TorchGraph, pixels: Value, name: string, bias: boolean): Value {
  const [batch, channels, size] = pixels.shape;
  const side = size / patchSize;
  const kernel = t.weight(`${name}.patch_embedding.weight`, [
    width,
    channels,
    patchSize,
    patchSize,
  ]);
  const inputs = bias ? [t.weight(`${name}.patch_embedding.bias`, [width])] : [];
  const square = [patchSize, patchSize];
  const patches = t.node('Conv', [pixels, kernel, ...inputs], [batch, width, side, side], {
    dilations: [1, 1],
    group: 1,
    kernel_shape: square,
    pads: [0, 0, 0, 0],
    strides: square,
  });
  const [rows, channelsOut] = [t.length(patches, 0), t.length(patches, 1)];
  const flat = t.reshape(patches, [batch, width, side * side], rows, channelsOut, -1);
  return t.transpose(flat, 0, 2, 1);
}
