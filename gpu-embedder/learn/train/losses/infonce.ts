import type { Parameters } from '../../model/parameters.ts';
import type { Value } from '../../onnx/graph.ts';
import * as op from '../../onnx/operators/index.ts';
import { cosines, softTargetCrossEntropy } from './cross-entropy.ts';
import { pairLoss } from './pair-loss.ts';

/** An image must find its captions among all captions of the batch, and a caption its images. */
export const infonce = pairLoss('infonce', symmetricInfoNce);

/**
 * Symmetric InfoNCE (CLIP, arXiv:2103.00020, fig. 3) with several positives: a row's mass is
 * spread over all its positives, so none of them is a negative.
 *
 * @param images - [batch, embedDim], unit length; `texts` likewise
 * @param scale - [1], log space
 * @param positives - [batch, batch], 1 where text j describes image i, else 0; no empty row or column
 */
export function symmetricInfoNce(
  p: Parameters,
  images: Value,
  texts: Value,
  scale: Value,
  positives: Value,
): Value {
  const g = p.graph;
  const logits = op.Mul(g, cosines(p, images, texts), op.Exp(g, scale));
  const oneWay = (rows: Value, hits: Value): Value =>
    softTargetCrossEntropy(p, rows, op.Div(g, hits, op.ReduceSum(g, hits, [1])));
  const transposed = (x: Value): Value => op.Transpose(g, x, [1, 0]);
  const imageToText = oneWay(logits, positives);
  const textToImage = oneWay(transposed(logits), transposed(positives));
  return op.Mul(g, op.Add(g, imageToText, textToImage), 0.5);
}
