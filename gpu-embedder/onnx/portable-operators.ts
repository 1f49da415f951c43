import type { Graph, Node, Value } from './graph.ts';
import * as op from './operators/index.ts';

/**
 * Operators that onnxruntime's WebGPU provider lacks (1.30), composed of such as it has; left alone
 * they would run on the CPU, with a copy each way.
 */
export const portableOperators: Readonly<
  Record<string, (g: Graph, node: Node, inputs: readonly Value[]) => Value>
> = {
  FusedMatMul: (g, { attributes }, [a, b]) => {
    const { transA, transB, alpha } = attributes;
    const factor = (alpha as { readonly float: number }).float;
    const y = op.MatMul(g, transA === 1 ? swapLast(g, a) : a, transB === 1 ? swapLast(g, b) : b);
    return factor === 1 ? y : op.Mul(g, y, factor);
  },
  /** x - max - log sum exp(x - max) */
  LogSoftmax: (g, { attributes }, [x]) => {
    const axes = [attributes.axis as number];
    const shifted = op.Sub(g, x, op.ReduceMax(g, x, axes));
    return op.Sub(g, shifted, op.Log(g, op.ReduceSum(g, op.Exp(g, shifted), axes)));
  },
};

function swapLast(g: Graph, x: Value): Value {
  const rank = x.shape.length;
  const axes = x.shape.map((_, axis) => axis);
  return op.Transpose(g, x, axes.with(rank - 1, rank - 2).with(rank - 2, rank - 1));
}
