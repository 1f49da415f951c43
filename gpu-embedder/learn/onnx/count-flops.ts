import type { Graph, Node } from './graph.ts';
import { sizeOf } from './operators/shape-rules.ts';

/** Count the floating-point operations of the matrix products and convolutions in one run of a graph. */
export function countFlops(graph: Graph): number {
  return graph.nodes.reduce((sum, node) => sum + nodeFlops(node), 0);
}

/** A multiply-add counts as two operations: 2 x outputs x the length of each inner product. */
function nodeFlops({ opType, inputs, outputs, attributes }: Node): number {
  const [a, b] = inputs.map((value) => value?.shape ?? []);
  const out = sizeOf(outputs[0].shape);
  switch (opType) {
    case 'MatMul':
      return 2 * out * a[a.length - 1];
    case 'FusedMatMul':
    case 'Gemm':
      return 2 * out * (attributes['transA'] ? a[a.length - 2] : a[a.length - 1]);
    case 'Conv':
      return 2 * out * sizeOf(b.slice(1));
    case 'ConvTranspose':
      return 2 * sizeOf(a) * sizeOf(b.slice(1));
    default:
      return 0;
  }
}
