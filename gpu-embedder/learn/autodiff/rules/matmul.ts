import type { Graph, Node, Value } from '../../onnx/graph.ts';
import * as op from '../../onnx/operators/index.ts';
import type { Rule } from '../rule.ts';
import { swapLast } from '../../onnx/swap-last.ts';
import { asMatrix, inputsOf } from './tensors.ts';

interface Factors {
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly alpha?: number;
}

const factorsOf = ({ attributes }: Node): Required<Factors> => ({
  transA: attributes.transA === 1,
  transB: attributes.transB === 1,
  alpha: (attributes.alpha as { readonly float: number } | undefined)?.float ?? 1,
});

type Product = (g: Graph, a: Value, b: Value, factors: Factors) => Value;

const gemm: Product = (g, a, b, factors) => op.Gemm(g, a, b, null, factors);

/** Batched product. Where FusedMatMul exists, it makes the transposes unnecessary. */
const batched: Product = (g, a, b, factors) => {
  if (a.dtype === 'float32') return op.FusedMatMul(g, a, b, factors);
  const { transA, transB, alpha = 1 } = factors;
  const y = op.MatMul(g, transA ? swapLast(g, a) : a, transB ? swapLast(g, b) : b);
  return alpha === 1 ? y : op.Mul(g, y, alpha);
};

/** Gradients of y = alpha op(a) op(b). Each of them is again such a product. */
function factorGradients(g: Graph, product: Product, node: Node, dy: Value): (() => Value)[] {
  const [a, b] = inputsOf(node);
  const { transA, transB, alpha } = factorsOf(node);
  return [
    () =>
      transA
        ? product(g, b, dy, { transA: transB, transB: true, alpha })
        : product(g, dy, b, { transB: !transB, alpha }),
    () =>
      transB
        ? product(g, dy, a, { transA: true, transB: transA, alpha })
        : product(g, a, dy, { transA: !transA, alpha }),
  ];
}

/** Gradients of [..., k] x [k, n]: products of matrices, with all leading axes merged into one. */
function weightGradients(g: Graph, a: Value, b: Value, dy: Value): (() => Value)[] {
  const rows = asMatrix(g, dy);
  return [
    () => op.Reshape(g, op.Gemm(g, rows, b, null, { transB: true }), a.shape),
    () => op.Gemm(g, asMatrix(g, a), rows, null, { transA: true }),
  ];
}

export const matmulRules: Readonly<Record<string, Rule>> = {
  MatMul: (g, node, dy) => {
    const [a, b] = inputsOf(node);
    if (b.shape.length === 2) return weightGradients(g, a, b, dy);
    return factorGradients(g, batched, node, dy);
  },
  FusedMatMul: (g, node, dy) => factorGradients(g, batched, node, dy),
  Gemm: (g, node, dy) => {
    const products = factorGradients(g, gemm, node, dy);
    if (node.inputs.length === 2) return products;
    const beta = (node.attributes.beta as { readonly float: number }).float;
    return [...products, () => (beta === 1 ? dy : op.Mul(g, dy, beta))];
  },
};
