import type { Graph, Shape, Value } from '../graph.ts';
import { refuse, sameType } from './shape-rules.ts';

export interface GemmOptions {
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly alpha?: number;
  readonly beta?: number;
}

/** Shape of op(a) op(b) with broadcast batch axes; `trans` swaps the last two axes. */
function productShape(opType: string, a: Value, b: Value, transA = false, transB = false): Shape {
  sameType(opType, [a, b]);
  const ra = a.shape.length;
  const rb = b.shape.length;
  if (ra < 2 || rb < 2) refuse(opType, [a, b], `ranks ${ra} and ${rb}, expected at least 2`);
  const [m, k] = transA ? [a.shape[ra - 1], a.shape[ra - 2]] : a.shape.slice(-2);
  const [k2, n] = transB ? [b.shape[rb - 1], b.shape[rb - 2]] : b.shape.slice(-2);
  if (k !== k2) refuse(opType, [a, b], `inner dimensions ${k} and ${k2} differ`);
  const rank = Math.max(ra, rb) - 2;
  const batch = Array.from({ length: rank }, (_, axis) => {
    const da = a.shape[axis - rank + ra - 2] ?? 1;
    const db = b.shape[axis - rank + rb - 2] ?? 1;
    if (da !== db && da !== 1 && db !== 1)
      refuse(opType, [a, b], `batch axes of [${a.shape}] and [${b.shape}] do not broadcast`);
    return da === 1 ? db : da;
  });
  return [...batch, m, n];
}

/** Matrix product over the last two axes; the others broadcast. */
export function MatMul(g: Graph, a: Value, b: Value): Value {
  const shape = productShape('MatMul', a, b);
  return g.append('MatMul', [a, b], {}, [{ shape, dtype: a.dtype }])[0];
}

/** alpha op(a) op(b), batched (com.microsoft; the CPU provider supports float32 alone). */
export function FusedMatMul(
  g: Graph,
  a: Value,
  b: Value,
  { transA = false, transB = false, alpha = 1 }: GemmOptions = {},
): Value {
  if (a.dtype !== 'float32')
    refuse('FusedMatMul', [a, b], `exists for float32 alone, got ${a.dtype}`);
  const shape = productShape('FusedMatMul', a, b, transA, transB);
  const attributes = {
    transA: Number(transA),
    transB: Number(transB),
    alpha: { float: alpha },
  };
  const outputs = [{ shape, dtype: a.dtype }];
  return g.append('FusedMatMul', [a, b], attributes, outputs, 'com.microsoft')[0];
}

/** alpha op(a) op(b) + beta c for matrices; c broadcasts to the result. */
export function Gemm(
  g: Graph,
  a: Value,
  b: Value,
  c: Value | null = null,
  { transA = false, transB = false, alpha = 1, beta = 1 }: GemmOptions = {},
): Value {
  if (a.shape.length !== 2 || b.shape.length !== 2)
    refuse('Gemm', [a, b], `expected matrices, got [${a.shape}] and [${b.shape}]`);
  const shape = productShape('Gemm', a, b, transA, transB);
  if (c) {
    sameType('Gemm', [a, c]);
    const offset = 2 - c.shape.length;
    if (offset < 0 || !c.shape.every((dim, axis) => dim === 1 || dim === shape[axis + offset]))
      refuse('Gemm', [a, b, c], `c [${c.shape}] does not broadcast to [${shape}]`);
  }
  const attributes = {
    transA: Number(transA),
    transB: Number(transB),
    alpha: { float: alpha },
    beta: { float: beta },
  };
  return g.append('Gemm', c ? [a, b, c] : [a, b], attributes, [{ shape, dtype: a.dtype }])[0];
}
