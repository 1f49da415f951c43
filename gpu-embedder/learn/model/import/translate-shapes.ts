import type { DataType } from '../../onnx/operators/data-types.ts';
import * as op from '../../onnx/operators/index.ts';
import { sameShape } from '../../onnx/operators/shape-rules.ts';
import { intsOf, intOf } from './node-attributes.ts';
import type { Translation } from './translation.ts';
import { valueType } from './value-types.ts';

/** Operators that only regroup elements become a Reshape to the shape of the result. */
const regroup: Translation = (g, { input, shape }) => [op.Reshape(g, input(0), shape())];

const through: Translation = (_g, { input }) => [input(0)];

export const shapeTranslations: Readonly<Record<string, Translation>> = {
  Identity: through,
  Dropout: through,
  Reshape: regroup,
  Flatten: regroup,
  Squeeze: regroup,
  Unsqueeze: regroup,
  Expand: (g, { input, shape }) => [op.Expand(g, input(0), shape())],
  Cast: (g, { node, input }) => [op.Cast(g, input(0), valueType(node, 0, [input(0).dtype]))],
  /** Write repeats of a single element as a broadcast. Other repeats have no gradient rule. */
  Tile: (g, { input, shape }) => {
    const x = input(0);
    const repeated = shape();
    const broadcasts = x.shape.every((dim, axis) => dim === 1 || dim === repeated[axis]);
    return broadcasts ? [op.Expand(g, x, repeated)] : null;
  },
  Transpose: (g, { node, input }) => {
    const x = input(0);
    const reversed = x.shape.map((_, axis) => x.shape.length - 1 - axis);
    return [op.Transpose(g, x, intsOf(node, 'perm') ?? reversed)];
  },
  Concat: (g, { node, input }) => {
    const parts = node.inputs.map((_, i) => input(i));
    return [op.Concat(g, parts, intOf(node, 'axis', 0))];
  },
  Split: (g, { node, input, shape }) => {
    const axis = intOf(node, 'axis', 0);
    const lengths = node.outputs.map((_, i) => shape(i).at(axis)!);
    return op.Split(g, input(0), lengths, axis);
  },
  Slice: (g, { input, numbers, has, shape }) => {
    const x = input(0);
    const [starts, ends] = [numbers(1), numbers(2)];
    const axes = has(3) ? numbers(3) : starts?.map((_, axis) => axis);
    const steps = has(4) ? numbers(4) : starts?.map(() => 1);
    if (!starts || !ends || !axes || !steps) return null;
    if (steps.every((step) => step === 1) && sameShape(shape(), x.shape)) return [x];
    return [op.Slice(g, x, starts.map(bounded), ends.map(bounded), axes, steps)];
  },
  Pad: (g, { node, input, numbers, has }) => {
    const { mode = 'constant' } = node.attributes;
    const pads = numbers(1);
    const value = has(2) ? numbers(2) : [0];
    if (mode !== 'constant' || has(3) || !pads || !value || pads.some((pad) => pad < 0))
      return null;
    return [op.Pad(g, input(0), pads, value[0])];
  },
  ConstantOfShape: (g, { node, shape }) => {
    const { value } = node.attributes;
    const dtype: DataType = valueType(node, 0, []);
    const fill = typeof value === 'object' && 'tensor' in value ? Number(value.tensor.data[0]) : 0;
    return [op.Expand(g, g.constant([fill], [], dtype), shape())];
  },
};

/** Limit a position: exporters write "to the end" as the largest int64, which a number cannot hold. */
const bounded = (position: number): number => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, position));
