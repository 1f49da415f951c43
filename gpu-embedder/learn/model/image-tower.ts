import type { Value } from '../onnx/graph.ts';
import * as op from '../onnx/operators/index.ts';
import type { CnnConfig, ImageTowerConfig, VitConfig } from '../../common/model-folder/config.ts';
import { l2Normalise, layerNorm, linear, transformerBlock } from './layers.ts';
import type { Parameters } from './parameters.ts';

/**
 * Pixels to unit embeddings. `pixels` [batch, 3, imageSize, imageSize], normalised
 * -> [batch, embedDim].
 */
export function imageTower(
  p: Parameters,
  pixels: Value,
  config: ImageTowerConfig,
  embedDim: number,
): Value {
  return imageHead(p, imageFeatures(p, pixels, config), embedDim);
}

/** Pixels to pooled features; each row depends on its own pixels alone. -> [batch, imageFeatureWidth]. */
export function imageFeatures(p: Parameters, pixels: Value, config: ImageTowerConfig): Value {
  return config.kind === 'cnn' ? cnnFeatures(p, pixels, config) : vitFeatures(p, pixels, config);
}

export function imageFeatureWidth(config: ImageTowerConfig): number {
  return config.kind === 'cnn' ? config.channels[config.channels.length - 1] : config.width;
}

/** Pooled features to unit embeddings. */
export function imageHead(p: Parameters, features: Value, embedDim: number): Value {
  return l2Normalise(
    p,
    linear(p, 'image_projection', batchNorm(p, 'image_norm', features), embedDim),
  );
}

/** Space-to-depth stem, then residual stages that each halve the side. -> [batch, channels]. */
function cnnFeatures(p: Parameters, pixels: Value, config: CnnConfig): Value {
  const g = p.graph;
  let x = op.spaceToDepth(g, pixels, config.stem);
  x = op.Relu(g, convolution(p, 'stem', x, config.channels[0], 3));
  config.channels.forEach((channels, stage) => {
    if (stage > 0) {
      x = convolution(p, `stages.${stage}.down`, op.spaceToDepth(g, x, 2), channels, 1);
    }
    for (let block = 0; block < config.blocks[stage]; block++) {
      const name = `stages.${stage}.blocks.${block}`;
      const hidden = op.Relu(g, convolution(p, `${name}.conv1`, x, channels, 3));
      x = op.Relu(g, op.Add(g, x, convolution(p, `${name}.conv2`, hidden, channels, 3, 0.3)));
    }
  });
  return op.ReduceMean(g, x, [2, 3], false);
}

/** Patches through pre-norm transformer blocks, mean pooled. -> [batch, width]. */
function vitFeatures(p: Parameters, pixels: Value, config: VitConfig): Value {
  const g = p.graph;
  const patches = op.spaceToDepth(g, pixels, config.patchSize);
  const [batch, depth, side] = patches.shape;
  const tokens = op.Transpose(g, op.Reshape(g, patches, [batch, depth, side * side]), [0, 2, 1]);
  const position = p.get(
    'vision_position.weight',
    [side * side, config.width],
    { std: 0.02 },
    { decay: false },
  );
  let x = op.Add(g, linear(p, 'vision_patch', tokens, config.width), position);
  for (let i = 0; i < config.depth; i++) {
    x = transformerBlock(p, `vision_layers.${i}`, x, null, config);
  }
  return op.ReduceMean(g, layerNorm(p, 'vision_final_ln', x), [1], false);
}

/**
 * Convolution. Training standardises the weights (arXiv:1903.10520): without any normalisation the
 * loss stays at ln(batch). Inference reads weights that are already standardised.
 */
function convolution(
  p: Parameters,
  name: string,
  x: Value,
  out: number,
  kernel: number,
  gain = 1,
): Value {
  const g = p.graph;
  const shape = [out, x.shape[1], kernel, kernel];
  const fanIn = x.shape[1] * kernel * kernel;
  const raw = p.get(`${name}.weight`, shape, { std: 1 / Math.sqrt(fanIn) });
  const bias = p.get(`${name}.bias`, [out], { value: 0 });
  const pad = (kernel - 1) / 2;
  const attributes = { strides: [1, 1], pads: [pad, pad, pad, pad] };
  if (!p.training) return op.Conv(g, x, raw, bias, attributes);
  // 1.7128 keeps the variance of a ReLU network (arXiv:2101.08692, section 3).
  const scale = p.get(
    `${name}.gain`,
    [out, 1, 1, 1],
    { value: (gain * 1.7128) / Math.sqrt(fanIn) },
    { decay: false },
  );
  const axes = [1, 2, 3];
  const centred = op.Sub(g, raw, op.ReduceMean(g, raw, axes));
  const variance = op.ReduceMean(g, op.Mul(g, centred, centred), axes);
  const deviation = op.Sqrt(g, op.Add(g, variance, standardisationEpsilon));
  const weight = op.Mul(g, op.Div(g, centred, deviation), scale);
  return op.Conv(g, x, weight, bias, attributes);
}

/** Batch normalisation (arXiv:1502.03167) of pooled features; stored weights have it folded in. */
function batchNorm(p: Parameters, name: string, x: Value): Value {
  const g = p.graph;
  const width = x.shape[1];
  const shape = [1, width];
  const mean = p.statistic(`${name}.mean`, shape, () => op.ReduceMean(g, x, [0]));
  if (!mean) return x;
  const centred = op.Sub(g, x, mean);
  const variance = p.statistic(`${name}.variance`, shape, () =>
    op.ReduceMean(g, op.Mul(g, centred, centred), [0]),
  )!;
  const deviation = op.Sqrt(g, op.Add(g, variance, batchNormEpsilon));
  const scale = p.get(`${name}.weight`, [width], { value: 1 });
  const bias = p.get(`${name}.bias`, [width], { value: 0 });
  return op.Add(g, op.Mul(g, op.Div(g, centred, deviation), scale), bias);
}

export const standardisationEpsilon = 1e-8;
export const batchNormEpsilon = 1e-5;
