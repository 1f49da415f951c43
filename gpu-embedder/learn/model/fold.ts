import { DiptychError } from '../../../src/errors.ts';
import { batchNormEpsilon, standardisationEpsilon } from './image-tower.ts';

export type Weights = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array }
>;

/**
 * Turn training weights into inference weights: weight standardisation is applied once and the
 * batch normalisation of the pooled features becomes part of the image projection.
 */
export function foldWeights(weights: Weights): Map<string, Float32Array> {
  const folded = new Map<string, Float32Array>();
  for (const [name, { shape, data }] of weights) {
    if (name.endsWith('.gain') || name.startsWith('image_norm.')) continue;
    const gain = weights.get(name.replace(/\.weight$/, '.gain'));
    folded.set(
      name,
      gain && name.endsWith('.weight') ? standardise(data, shape[0], gain.data) : data,
    );
  }
  foldBatchNorm(weights, folded);
  return folded;
}

/** Per output channel: (w - mean) / deviation * gain. */
function standardise(data: Float32Array, channels: number, gain: Float32Array): Float32Array {
  const out = new Float32Array(data.length);
  const fanIn = data.length / channels;
  for (let c = 0; c < channels; c++) {
    const row = data.subarray(c * fanIn, (c + 1) * fanIn);
    let mean = 0;
    for (const w of row) mean += w / fanIn;
    let variance = 0;
    for (const w of row) variance += (w - mean) ** 2 / fanIn;
    const factor = gain[c] / Math.sqrt(variance + standardisationEpsilon);
    for (let i = 0; i < fanIn; i++) out[c * fanIn + i] = (row[i] - mean) * factor;
  }
  return out;
}

/** W' = diag(a) W, b' = b + (beta - mean * a) W with a = scale / deviation. */
function foldBatchNorm(weights: Weights, folded: Map<string, Float32Array>): void {
  const read = (name: string): Float32Array => {
    const found = weights.get(name);
    if (!found) throw new DiptychError('unreadable_model', `training weights have no ${name}`);
    return found.data;
  };
  const [mean, variance] = [read('image_norm.mean'), read('image_norm.variance')];
  const [scale, beta] = [read('image_norm.weight'), read('image_norm.bias')];
  const [weight, bias] = [read('image_projection.weight'), read('image_projection.bias')];
  const columns = bias.length;
  const outWeight = new Float32Array(weight.length);
  const outBias = Float64Array.from(bias);
  for (let row = 0; row < mean.length; row++) {
    const a = scale[row] / Math.sqrt(variance[row] + batchNormEpsilon);
    const shift = beta[row] - mean[row] * a;
    for (let column = 0; column < columns; column++) {
      const w = weight[row * columns + column];
      outWeight[row * columns + column] = a * w;
      outBias[column] += shift * w;
    }
  }
  folded.set('image_projection.weight', outWeight);
  folded.set('image_projection.bias', Float32Array.from(outBias));
}
