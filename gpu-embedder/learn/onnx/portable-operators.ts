import type { Rewrite } from './copy-nodes.ts';
import type { Graph, Value } from './graph.ts';
import * as op from './operators/index.ts';
import { sliceRange } from './operators/slice.ts';
import { swapLast } from './swap-last.ts';

/**
 * Operators that onnxruntime's WebGPU provider (1.30) lacks or computes wrongly, composed of operators
 * that it has. An operator that it lacks would run on the CPU, with a copy each way.
 */
export const portableOperators: Readonly<Record<string, Rewrite>> = {
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
  /** With a negative step, its Slice ignores the start: take the range forwards, then reverse it. */
  Slice: (g, _node, [x, ...parameters]) => {
    const [starts, ends, axes, steps] = parameters.map((parameter) => storedInts(g, parameter));
    if (!starts || !ends || !axes || !steps?.some((step) => step < 0)) return null;
    const ranges = axes.map((axis, i) => sliceRange(x.shape[axis], starts[i], ends[i], steps[i]));
    const forwards = ranges.map(({ start, length, step }) =>
      step > 0 ? start : start + (length - 1) * step,
    );
    const taken = op.Slice(
      g,
      x,
      forwards,
      ranges.map(({ length, step }, i) => forwards[i] + (length - 1) * Math.abs(step) + 1),
      axes,
      steps.map(Math.abs),
    );
    const reversed = axes.filter((_, i) => steps[i] < 0);
    return op.Slice(
      g,
      taken,
      reversed.map(() => -1),
      reversed.map((axis) => -taken.shape[axis] - 1),
      reversed,
      reversed.map(() => -1),
    );
  },
};

function storedInts(g: Graph, { name }: Value): number[] | undefined {
  const stored = g.initializers.find(({ value }) => value.name === name);
  return stored && Array.from(stored.data, Number);
}
