import type { Value } from '../onnx/graph.ts';
import * as op from '../onnx/operators/index.ts';
import { l2Normalise } from './layers.ts';
import type { Parameters } from './parameters.ts';

/** Learnable temperature in log space; the trainer clamps it to [0, ln 100]. */
export function logitScale(p: Parameters, initial: number): Value {
  return p.get('logit_scale', [1], { value: initial }, { decay: false });
}

/** Mean over rows of -sum(targets * log softmax(logits)). Both [rows, columns]; targets sum to 1. */
export function softTargetCrossEntropy(p: Parameters, logits: Value, targets: Value): Value {
  const g = p.graph;
  const product = op.Mul(g, op.LogSoftmax(g, logits), targets);
  const sum = op.ReduceSum(g, product, [0, 1], false);
  return op.Mul(g, sum, -1 / logits.shape[0]);
}

/**
 * Symmetric InfoNCE (CLIP, arXiv:2103.00020, fig. 3) with several positives: the targets spread
 * a row's mass over every item of its concept, so none of them is a negative.
 *
 * @param images - [batch, embedDim], unit length; `texts` likewise
 * @param imageTargets - [batch, batch], row i over texts; `textTargets` row j over images
 */
export function symmetricInfoNce(
  p: Parameters,
  images: Value,
  texts: Value,
  scale: Value,
  imageTargets: Value,
  textTargets: Value,
): Value {
  const g = p.graph;
  const logits = op.Mul(g, op.Gemm(g, images, texts, null, { transB: true }), op.Exp(g, scale));
  const imageToText = softTargetCrossEntropy(p, logits, imageTargets);
  const textToImage = softTargetCrossEntropy(p, op.Transpose(g, logits, [1, 0]), textTargets);
  return op.Mul(g, op.Add(g, imageToText, textToImage), 0.5);
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
  const g = p.graph;
  const cosine = op.Gemm(g, embeddings, l2Normalise(p, prototypes), null, { transB: true });
  return softTargetCrossEntropy(p, op.Mul(g, cosine, scale), targets);
}
