import * as op from '../../onnx/operators/index.ts';
import type { Rule } from '../rule.ts';
import { inputsOf, refuseGradient } from './tensors.ts';

export const normalisationRules: Readonly<Record<string, Rule>> = {
  /** dx = y (dy - sum(dy y)) */
  Softmax: (g, node, dy) => {
    const [y] = node.outputs;
    const dx = () => {
      const dyY = op.Mul(g, dy, y);
      const sum = op.ReduceSum(g, dyY, [node.attributes.axis as number]);
      return op.Sub(g, dyY, op.Mul(g, y, sum));
    };
    return [dx];
  },
  /** dx = dy - exp(y) sum(dy) */
  LogSoftmax: (g, node, dy) => {
    const [y] = node.outputs;
    const dx = () => {
      const sum = op.ReduceSum(g, dy, [node.attributes.axis as number]);
      return op.Sub(g, dy, op.Mul(g, op.Exp(g, y), sum));
    };
    return [dx];
  },
  /**
   * With xhat = (x - mean) / deviation and d = dy scale:
   * dx = (d - mean(d) - xhat mean(d xhat)) / deviation
   */
  LayerNormalization: (g, node, dy, dys) => {
    if (dys[1] || dys[2]) refuseGradient(node, 'the mean and deviation outputs have no gradient');
    const [x, scale] = inputsOf(node);
    const [mean, inverse] = node.outputs.slice(1).map((value) => op.Cast(g, value, x.dtype));
    const from = node.attributes.axis as number;
    const axes = x.shape.map((_, axis) => axis).slice(from);
    const xhat = op.Mul(g, op.Sub(g, x, mean), inverse);
    const dx = () => {
      const d = op.Mul(g, dy, scale);
      const slope = op.ReduceMean(g, op.Mul(g, d, xhat), axes);
      const centred = op.Sub(g, d, op.ReduceMean(g, d, axes));
      return op.Mul(g, op.Sub(g, centred, op.Mul(g, xhat, slope)), inverse);
    };
    return [dx, () => op.Mul(g, dy, xhat), () => dy];
  },
};
