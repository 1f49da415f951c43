import type { DataType, Graph, Value } from '../graph.ts';
import { axisOf, refuse, sameShape, sameType } from './shape-rules.ts';

function checkIndices(opType: string, data: Value, indices: Value): void {
  if (indices.dtype !== 'int64' && indices.dtype !== 'int32')
    refuse(opType, [data, indices], `indices must be int64 or int32, got ${indices.dtype}`);
}

/** Take slices of `data` along an axis; the axes of `indices` replace the axis. */
export function Gather(g: Graph, data: Value, indices: Value, axis = 0): Value {
  checkIndices('Gather', data, indices);
  const at = axisOf('Gather', data, axis);
  const shape = [...data.shape.slice(0, at), ...indices.shape, ...data.shape.slice(at + 1)];
  return g.append('Gather', [data, indices], { axis: at }, [{ shape, dtype: data.dtype }])[0];
}

/** Take one element for each index along an axis; the other axes keep their place. */
export function GatherElements(g: Graph, data: Value, indices: Value, axis = 0): Value {
  checkIndices('GatherElements', data, indices);
  if (indices.shape.length !== data.shape.length)
    refuse(
      'GatherElements',
      [data, indices],
      `indices [${indices.shape}] need rank ${data.shape.length}`,
    );
  const attributes = { axis: axisOf('GatherElements', data, axis) };
  const outputs = [{ shape: indices.shape, dtype: data.dtype }];
  return g.append('GatherElements', [data, indices], attributes, outputs)[0];
}

/** Write (or add) each update at its index along one axis of a copy of `data`. */
export function ScatterElements(
  g: Graph,
  data: Value,
  indices: Value,
  updates: Value,
  axis = 0,
  reduction: 'none' | 'add' = 'none',
): Value {
  const inputs = [data, indices, updates];
  checkIndices('ScatterElements', data, indices);
  sameType('ScatterElements', [data, updates]);
  if (!sameShape(indices.shape, updates.shape))
    refuse(
      'ScatterElements',
      inputs,
      `indices [${indices.shape}] and updates [${updates.shape}] must have one shape`,
    );
  if (indices.shape.length !== data.shape.length)
    refuse('ScatterElements', inputs, `indices [${indices.shape}] need rank ${data.shape.length}`);
  const attributes = { axis: axisOf('ScatterElements', data, axis), reduction };
  const outputs = [{ shape: data.shape, dtype: data.dtype }];
  return g.append('ScatterElements', inputs, attributes, outputs)[0];
}

/** Vectors of `depth` zeros with a one at each index, along a new last axis. */
export function OneHot(
  g: Graph,
  indices: Value,
  depth: number,
  dtype: DataType = 'float32',
): Value {
  checkIndices('OneHot', indices, indices);
  const inputs = [indices, g.constant([depth], [1], 'int64'), g.constant([0, 1], [2], dtype)];
  return g.append('OneHot', inputs, { axis: -1 }, [{ shape: [...indices.shape, depth], dtype }])[0];
}

/**
 * Compute (x - zeroPoint) * scale, with one scale for all or one per position of `axis`.
 *
 * @param x - int8 or uint8
 * @param scale - [] or [length of axis], float32
 */
export function DequantizeLinear(
  g: Graph,
  x: Value,
  scale: Value,
  zeroPoint: Value | null = null,
  axis = 0,
): Value {
  const at = axisOf('DequantizeLinear', x, axis);
  if (scale.shape.length > 0 && !sameShape(scale.shape, [x.shape[at]]))
    refuse('DequantizeLinear', [x, scale], `scale must be [${x.shape[at]}], got [${scale.shape}]`);
  if (zeroPoint) sameType('DequantizeLinear', [x, zeroPoint]);
  const inputs = zeroPoint ? [x, scale, zeroPoint] : [x, scale];
  const outputs = [{ shape: x.shape, dtype: scale.dtype }];
  return g.append('DequantizeLinear', inputs, { axis: at }, outputs)[0];
}
