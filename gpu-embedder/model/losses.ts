import type { Value } from '../onnx/graph.ts';
import * as op from '../onnx/operators/index.ts';
import { l2Normalise } from './layers.ts';
import type { Parameters } from './parameters.ts';

/** Learnable temperature in log space; the trainer clamps it. */
export function logitScale(p: Parameters, initial: number): Value {
  return p.get('logit_scale', [1], { value: initial }, { decay: false });
}

/** Mean over rows of -sum(targets * log softmax(logits)). Both [rows, columns]; targets sum to 1. */
export function softTargetCrossEntropy(p: Parameters, logits: Value, targets: Value): Value {
  const g = p.graph;
  const product = op.Mul(g, op.LogSoftmax(g, logits), targets);
  return op.Mul(g, total(p, product), -1 / logits.shape[0]);
}

/**
 * Symmetric InfoNCE (CLIP, arXiv:2103.00020, fig. 3) with several positives: a row's mass is
 * spread over all its positives, so none of them is a negative.
 *
 * @param images - [batch, embedDim], unit length; `texts` likewise
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

/**
 * Pairwise sigmoid loss (SigLIP, arXiv:2303.15343, eq. 1): each pair is a decision of its own, so
 * several positives need no weighting.
 *
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

/**
 * Supervised contrastive loss (SupCon, arXiv:2004.11362, eq. 2): the other images of its concept
 * are the positives of an image, all others its negatives.
 *
 * @param images - [batch, embedDim], unit length
 * @param positives - [batch, batch], 1 for two images of one concept, 0 on the diagonal; no empty row
 */
export function supervisedContrastive(
  p: Parameters,
  images: Value,
  positives: Value,
  scale: number,
): Value {
  const g = p.graph;
  const { shape, dtype } = positives;
  const [self] = g.append('EyeLike', [positives], {}, [{ shape, dtype }]);
  const logits = op.Sub(
    g,
    op.Mul(g, cosines(p, images, images), scale),
    op.Mul(g, self, 1e4), // exp of it is 0
  );
  const targets = op.Div(g, positives, op.ReduceSum(g, positives, [1]));
  return softTargetCrossEntropy(p, logits, targets);
}

/**
 * Cosine classification against one learnable unit vector a class.
 *
 * @param embeddings - [rows, embedDim], unit length
 * @param prototypes - [classes, embedDim], normalised here
 * @param targets - [rows, classes], rows sum to 1
 */
export function prototypeCrossEntropy(
  p: Parameters,
  embeddings: Value,
  prototypes: Value,
  targets: Value,
  scale: number,
): Value {
  const logits = op.Mul(p.graph, cosines(p, embeddings, l2Normalise(p, prototypes)), scale);
  return softTargetCrossEntropy(p, logits, targets);
}

/** Unit rows [n, d] and [m, d] -> [n, m]. */
const cosines = (p: Parameters, a: Value, b: Value): Value =>
  op.Gemm(p.graph, a, b, null, { transB: true });

const total = (p: Parameters, x: Value): Value => op.ReduceSum(p.graph, x, [0, 1], false);
