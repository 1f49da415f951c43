import type { Parameters } from '../../model/parameters.ts';
import type { Value } from '../../onnx/graph.ts';
import * as op from '../../onnx/operators/index.ts';

/** Mean over rows of -sum(targets * log softmax(logits)). Both [rows, columns]; targets sum to 1. */
export function softTargetCrossEntropy(p: Parameters, logits: Value, targets: Value): Value {
  const g = p.graph;
  const product = op.Mul(g, op.LogSoftmax(g, logits), targets);
  return op.Mul(g, total(p, product), -1 / logits.shape[0]);
}

/** Cosines of unit rows: [n, d] and [m, d] -> [n, m]. */
export const cosines = (p: Parameters, a: Value, b: Value): Value =>
  op.Gemm(p.graph, a, b, null, { transB: true });

/** The sum of a matrix: [n, m] -> one number. */
export const total = (p: Parameters, x: Value): Value => op.ReduceSum(p.graph, x, [0, 1], false);
