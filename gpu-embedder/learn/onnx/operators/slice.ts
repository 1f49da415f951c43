import type { Graph, Shape, Value } from '../graph.ts';
import { axesOf, refuse } from './shape-rules.ts';

const ints = (g: Graph, values: readonly number[]): Value =>
  g.constant(values, [values.length], 'int64');

/** First index taken, number taken and distance along one axis. */
export interface SliceRange {
  readonly start: number;
  readonly length: number;
  readonly step: number;
}

/** Resolve a slice of an axis as ONNX does: negative positions count from the end, then clamp. */
export function sliceRange(dim: number, start: number, end: number, step: number): SliceRange {
  const place = (position: number): number => (position < 0 ? position + dim : position);
  const clamp = (position: number, low: number, high: number): number =>
    Math.min(Math.max(position, low), high);
  const [low, high] = step > 0 ? [0, dim] : [-1, dim - 1];
  const from = clamp(place(start), Math.max(low, 0), high);
  const to = clamp(place(end), low, high);
  return { start: from, length: Math.max(0, Math.ceil((to - from) / step)), step };
}

/**
 * Take every `step`-th position of [start, end) along some axes.
 *
 * @param ends - numbers, or a value of int64 [axes] if the ends are known only when the graph runs;
 *   then `shape` is the shape of the result at the size that the graph is built for
 */
export function Slice(
  g: Graph,
  x: Value,
  starts: readonly number[],
  ends: readonly number[] | Value,
  axes: readonly number[],
  steps: readonly number[] = axes.map(() => 1),
  shape?: Shape,
): Value {
  const normal = axesOf('Slice', x, axes);
  if (starts.length !== axes.length || steps.length !== axes.length || steps.includes(0))
    refuse('Slice', [x], `needs a start and a step other than 0 for each of axes [${axes}]`);
  const tail = [ints(g, normal), ints(g, steps)];
  if ('name' in ends) {
    if (!shape) return refuse('Slice', [x, ends], 'ends is a value, so the shape must be given');
    const inputs = [x, ints(g, starts), ends, ...tail];
    return g.append('Slice', inputs, {}, [{ shape, dtype: x.dtype }])[0];
  }
  if (ends.length !== axes.length)
    refuse('Slice', [x], `needs an end for each of axes [${axes}], got [${ends}]`);
  const lengths = [...x.shape];
  normal.forEach((axis, i) => {
    lengths[axis] = sliceRange(x.shape[axis], starts[i], ends[i], steps[i]).length;
  });
  const inputs = [x, ints(g, starts), ints(g, ends), ...tail];
  return g.append('Slice', inputs, {}, [{ shape: lengths, dtype: x.dtype }])[0];
}
