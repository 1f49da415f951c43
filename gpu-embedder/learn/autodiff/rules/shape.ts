import type { Graph, Node, Value } from '../../onnx/graph.ts';
import * as op from '../../onnx/operators/index.ts';
import { sliceRange } from '../../onnx/operators/slice.ts';
import type { SliceRange } from '../../onnx/operators/slice.ts';
import type { Rule } from '../rule.ts';
import { constantInts, filled, inputsOf } from './tensors.ts';

/** The rule of operators that only move elements; the shape or axes input has no gradient. */
const reshaping: Rule = (g, node, dy) => {
  const [x] = inputsOf(node);
  const back = () => op.Reshape(g, dy, x.shape);
  return node.inputs.length === 1 ? [back] : [back, null];
};

/** Cut the gradient of joined values into the gradients of the parts. */
const parts = (g: Graph, node: Node, dy: Value): readonly (() => Value)[] => {
  const axis = node.attributes.axis as number;
  let end = 0;
  return inputsOf(node).map((input) => {
    const start = end;
    end += input.shape[axis];
    const stop = end;
    return () => op.Slice(g, dy, [start], [stop], [axis]);
  });
};

/** Put a gradient back at those positions of an axis that a slice took, and zeros elsewhere. */
function unslice(g: Graph, dy: Value, axis: number, dim: number, range: SliceRange): Value {
  const step = Math.abs(range.step);
  let start = range.start;
  let gradient = dy;
  if (range.step < 0) {
    start += (range.length - 1) * range.step;
    gradient = op.Slice(g, gradient, [-1], [-dim - 1], [axis], [-1]);
  }
  if (step > 1 && range.length > 0) {
    // Each position becomes `step` positions: itself and zeros. The excess at the end is cut off.
    const apart = op.Unsqueeze(g, gradient, [axis + 1]);
    const zeros = new Array<number>(2 * apart.shape.length).fill(0);
    const padded = op.Pad(g, apart, zeros.with(apart.shape.length + axis + 1, step - 1));
    gradient = op.Reshape(g, padded, gradient.shape.with(axis, range.length * step));
    gradient = op.Slice(g, gradient, [0], [dim - start], [axis]);
  }
  const rank = gradient.shape.length;
  const after = dim - start - gradient.shape[axis];
  const pads = new Array<number>(2 * rank)
    .fill(0)
    .with(axis, start)
    .with(rank + axis, after);
  return start + after > 0 ? op.Pad(g, gradient, pads) : gradient;
}

export const shapeRules: Readonly<Record<string, Rule>> = {
  Reshape: reshaping,
  Squeeze: reshaping,
  Unsqueeze: reshaping,
  Transpose: (g, node, dy) => {
    const perm = node.attributes.perm as readonly number[];
    const inverse = perm.map((_, axis) => perm.indexOf(axis));
    return [() => op.Transpose(g, dy, inverse)];
  },
  Expand: (_g, _node, dy) => [() => dy, null],
  Slice: (g, node, dy) => {
    const [x] = inputsOf(node);
    const dx = () => {
      const [starts, ends, axes, steps] = [1, 2, 3, 4].map((i) => constantInts(g, node, i));
      return axes.reduce((gradient, axis, i) => {
        const dim = x.shape[axis];
        return unslice(g, gradient, axis, dim, sliceRange(dim, starts[i], ends[i], steps[i]));
      }, dy);
    };
    return [dx, null, null, null, null];
  },
  Pad: (g, node, dy) => {
    const [x] = inputsOf(node);
    const dx = () => {
      const starts = constantInts(g, node, 1).slice(0, x.shape.length);
      const ends = starts.map((start, axis) => start + x.shape[axis]);
      return op.Slice(
        g,
        dy,
        starts,
        ends,
        x.shape.map((_, axis) => axis),
      );
    };
    return [dx, null, null];
  },
  Concat: parts,
  Split: (g, node, _dy, dys) => {
    const whole = () =>
      op.Concat(
        g,
        node.outputs.map((output, i) => dys[i] ?? filled(g, output, 0)),
        node.attributes.axis as number,
      );
    return [whole, null];
  },
};
