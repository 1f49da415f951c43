import { DiptychError } from '../../../../src/errors.ts';
import type { Shape, Value } from '../graph.ts';

/** Refuse a node while the graph is built, e.g. "MatMul x, img.proj: inner dimensions 768 and 512 differ". */
export function refuse(opType: string, inputs: readonly (Value | null)[], problem: string): never {
  const present = inputs.filter((input) => input !== null);
  throw new DiptychError(
    'invalid_graph',
    `${opType} ${present.map((input) => input.name).join(', ')}: ${problem}`,
    { opType, inputs: present },
  );
}

/** Number of elements of a shape. */
export const sizeOf = (shape: Shape): number => shape.reduce((product, dim) => product * dim, 1);

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((dim, axis) => dim === b[axis]);

/** Shape of an elementwise result (ONNX multidirectional broadcasting). */
export function broadcast(opType: string, inputs: readonly Value[]): Shape {
  const rank = Math.max(...inputs.map((input) => input.shape.length));
  const shape = new Array<number>(rank).fill(1);
  for (const input of inputs)
    input.shape.forEach((dim, i) => {
      const axis = rank - input.shape.length + i;
      if (dim === 1 || dim === shape[axis]) return;
      if (shape[axis] !== 1)
        refuse(
          opType,
          inputs,
          `${inputs.map((x) => `[${x.shape}]`).join(' and ')} do not broadcast`,
        );
      shape[axis] = dim;
    });
  return shape;
}

/** Convert an axis that may count from the end to one that counts from the start. */
export function axisOf(opType: string, x: Value, axis: number, rank = x.shape.length): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
    refuse(opType, [x], `axis ${axis} is outside [${-rank}, ${rank - 1}]`);
  return axis < 0 ? axis + rank : axis;
}

/** Do the same as {@link axisOf} for several axes; each may be named once. */
export function axesOf(
  opType: string,
  x: Value,
  axes: readonly number[],
  rank = x.shape.length,
): number[] {
  const normal = axes.map((axis) => axisOf(opType, x, axis, rank));
  if (new Set(normal).size !== normal.length)
    refuse(opType, [x], `axes [${axes}] name one axis twice`);
  return normal;
}

/** Check that all operands have the same type. */
export function sameType(opType: string, inputs: readonly Value[]): void {
  if (inputs.some((input) => input.dtype !== inputs[0].dtype))
    refuse(opType, inputs, `types ${inputs.map((input) => input.dtype).join(' and ')} differ`);
}
