import type { Graph, Shape as Dimensions, Value } from '../graph.ts';
import { axesOf, axisOf, broadcast, refuse, sameShape, sameType, sizeOf } from './shape-rules.ts';

const ints = (g: Graph, values: readonly number[]): Value =>
  g.constant(values, [values.length], 'int64');

/**
 * Give the elements another shape; one length may be -1 (all that remains).
 *
 * The file says 0 ("copy") for leading axes that stay. If the first axis does not stay, the file says
 * -1 for it. So a graph that is built at one batch size runs at any.
 */
export function Reshape(g: Graph, x: Value, shape: Dimensions): Value {
  const free = shape.indexOf(-1);
  const rest = sizeOf(x.shape) / sizeOf(shape.filter((_, axis) => axis !== free));
  const target = shape.map((dim, axis) => (axis === free ? rest : dim));
  if (
    sizeOf(target) !== sizeOf(x.shape) ||
    !target.every((dim) => Number.isInteger(dim) && dim >= 0)
  )
    refuse('Reshape', [x], `[${x.shape}] cannot become [${shape}]`);
  if (sameShape(target, x.shape)) return x;
  const written = [...shape];
  let kept = 0;
  while (kept < target.length && target[kept] === x.shape[kept]) written[kept++] = 0;
  if (kept === 0 && free === -1 && sizeOf(target) > 0 && target.length > 0) written[0] = -1;
  const outputs = [{ shape: target, dtype: x.dtype }];
  return g.append('Reshape', [x, ints(g, written)], { allowzero: 0 }, outputs)[0];
}

/** Reorder the axes: axis i of the result is axis `perm[i]` of x. */
export function Transpose(g: Graph, x: Value, perm: readonly number[]): Value {
  if (axesOf('Transpose', x, perm).length !== x.shape.length)
    refuse('Transpose', [x], `perm [${perm}] must name all ${x.shape.length} axes`);
  const shape = perm.map((axis) => x.shape[axis]);
  return g.append('Transpose', [x], { perm }, [{ shape, dtype: x.dtype }])[0];
}

/** Repeat along axes of length 1, and along new leading axes, up to a shape. */
export function Expand(g: Graph, x: Value, shape: Dimensions): Value {
  const target = { ...x, shape };
  if (!sameShape(broadcast('Expand', [x, target]), shape))
    refuse('Expand', [x], `[${x.shape}] does not broadcast to [${shape}]`);
  if (sameShape(x.shape, shape)) return x;
  return g.append('Expand', [x, ints(g, shape)], {}, [{ shape, dtype: x.dtype }])[0];
}

/** Drop axes of length 1. */
export function Squeeze(g: Graph, x: Value, axes: readonly number[]): Value {
  const dropped = axesOf('Squeeze', x, axes);
  for (const axis of dropped)
    if (x.shape[axis] !== 1)
      refuse('Squeeze', [x], `axis ${axis} of [${x.shape}] must have length 1`);
  const shape = x.shape.filter((_, axis) => !dropped.includes(axis));
  return g.append('Squeeze', [x, ints(g, dropped)], {}, [{ shape, dtype: x.dtype }])[0];
}

/** Insert axes of length 1; `axes` are positions in the result. */
export function Unsqueeze(g: Graph, x: Value, axes: readonly number[]): Value {
  const rank = x.shape.length + axes.length;
  const added = axesOf('Unsqueeze', x, axes, rank);
  const shape: number[] = [];
  let next = 0;
  for (let axis = 0; axis < rank; axis++) shape.push(added.includes(axis) ? 1 : x.shape[next++]);
  return g.append('Unsqueeze', [x, ints(g, added)], {}, [{ shape, dtype: x.dtype }])[0];
}

/** The lengths of the axes of x: a tensor [rank] of int64, computed when the graph runs. */
export function Shape(g: Graph, x: Value): Value {
  return g.append('Shape', [x], {}, [{ shape: [x.shape.length], dtype: 'int64' }])[0];
}

/** Add zeros (or `value`) around: `pads` has the numbers before each axis, then those after each. */
export function Pad(g: Graph, x: Value, pads: readonly number[], value = 0): Value {
  const rank = x.shape.length;
  if (pads.length !== 2 * rank || pads.some((pad) => !(pad >= 0)))
    refuse('Pad', [x], `pads must be ${2 * rank} numbers >= 0, got [${pads}]`);
  const shape = x.shape.map((dim, axis) => dim + pads[axis] + pads[axis + rank]);
  const inputs = [x, ints(g, pads), g.constant([value], [], x.dtype)];
  return g.append('Pad', inputs, { mode: 'constant' }, [{ shape, dtype: x.dtype }])[0];
}

/** Join along an axis. */
export function Concat(g: Graph, inputs: readonly Value[], axis: number): Value {
  if (inputs.length === 0) refuse('Concat', [], 'nothing to join');
  sameType('Concat', inputs);
  const at = axisOf('Concat', inputs[0], axis);
  const shape = [...inputs[0].shape];
  for (const input of inputs)
    if (!sameShape(input.shape.with(at, 0), shape.with(at, 0)))
      refuse('Concat', inputs, `[${input.shape}] and [${shape}] differ beside axis ${at}`);
  shape[at] = inputs.reduce((sum, input) => sum + input.shape[at], 0);
  return g.append('Concat', inputs, { axis: at }, [{ shape, dtype: inputs[0].dtype }])[0];
}

/** Cut along an axis into parts of the given lengths. */
export function Split(
  g: Graph,
  x: Value,
  lengths: readonly number[],
  axis: number,
): readonly Value[] {
  const at = axisOf('Split', x, axis);
  const sum = lengths.reduce((total, length) => total + length, 0);
  if (sum !== x.shape[at])
    refuse('Split', [x], `lengths [${lengths}] must add up to ${x.shape[at]}, got ${sum}`);
  const outputs = lengths.map((length) => ({ shape: x.shape.with(at, length), dtype: x.dtype }));
  return g.append('Split', [x, ints(g, lengths)], { axis: at }, outputs);
}

/**
 * Move p x p blocks of pixels into channels, in the order of PyTorch's pixel_unshuffle (the order of
 * ONNX's own SpaceToDepth differs).
 *
 * @param x - [batch, channels, height, width]
 * @returns [batch, channels p p, height / p, width / p]; channel = (c p + dy) p + dx
 */
export function spaceToDepth(g: Graph, x: Value, p: number): Value {
  const [batch, channels, height, width] = x.shape;
  if (x.shape.length !== 4 || height % p !== 0 || width % p !== 0)
    refuse('spaceToDepth', [x], `[${x.shape}] does not divide into blocks of ${p} x ${p}`);
  const [rows, columns] = [height / p, width / p];
  const blocks = Reshape(g, x, [batch, channels, rows, p, columns, p]);
  const moved = Transpose(g, blocks, [0, 1, 3, 5, 2, 4]);
  return Reshape(g, moved, [batch, channels * p * p, rows, columns]);
}
