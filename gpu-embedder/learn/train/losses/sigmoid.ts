import type { Parameters } from '../../model/parameters.ts';
import type { Value } from '../../onnx/graph.ts';
import * as op from '../../onnx/operators/index.ts';
import { cosines, total } from './cross-entropy.ts';
import { pairLoss } from './pair-loss.ts';

/** Every pair of an image and a caption is one decision: does the caption describe the image? */
export const sigmoid = pairLoss('sigmoid', pairwiseSigmoid);

/**
 * Pairwise sigmoid loss (SigLIP, arXiv:2303.15343, eq. 1): each pair is a decision of its own, so
 * several positives need no weighting.
 *
 * @param images - [batch, embedDim], unit length; `texts` likewise
 * @param scale - [1], log space
 * @param positives - [batch, batch], 1 where text j describes image i, else 0
 */
export function pairwiseSigmoid(
  p: Parameters,
  images: Value,
  texts: Value,
  scale: Value,
  positives: Value,
): Value {
  const g = p.graph;
  const bias = p.get('logit_bias', [1], { value: -10 }, { decay: false });
  const logits = op.Add(g, op.Mul(g, cosines(p, images, texts), op.Exp(g, scale)), bias);
  const signs = op.Sub(g, 1, op.Mul(g, positives, 2)); // -1 for a positive
  const costs = op.Softplus(g, op.Mul(g, logits, signs));
  return op.Mul(g, total(p, costs), 1 / images.shape[0]);
}
