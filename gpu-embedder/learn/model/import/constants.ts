import { DiptychError } from '../../../../src/errors.ts';
import type { TensorData } from '../../onnx/graph.ts';
import type { ModelNode } from '../../onnx/model-proto.ts';
import { widened } from '../../onnx/float16.ts';

/** Read the tensor of a Constant node, which the file may write in several ways. */
export function constantValue({ name, attributes }: ModelNode, path: string): TensorData {
  const { value, value_float, value_floats, value_int, value_ints } = attributes;
  if (typeof value === 'object' && 'tensor' in value) return value.tensor;
  if (typeof value_float === 'object' && 'float' in value_float)
    return { dtype: 'float32', shape: [], data: new Float32Array([value_float.float]) };
  if (typeof value_floats === 'object' && 'floats' in value_floats) {
    const data = new Float32Array(value_floats.floats);
    return { dtype: 'float32', shape: [data.length], data };
  }
  if (typeof value_int === 'number')
    return { dtype: 'int64', shape: [], data: new BigInt64Array([BigInt(value_int)]) };
  if (Array.isArray(value_ints)) {
    const data = BigInt64Array.from(value_ints as readonly number[], BigInt);
    return { dtype: 'int64', shape: [data.length], data };
  }
  throw new DiptychError(
    'unreadable_model',
    `${path}: Constant ${name}: expected a tensor or numbers, got ${Object.keys(attributes).join(', ') || 'nothing'}`,
  );
}

/** No weight is larger than this; masks and bounds are. */
const weightLimit = 1e4;

/** Tell the weights from scalars (epsilons, scales) and masks. */
export function isWeight(tensor: TensorData): boolean {
  if (tensor.dtype !== 'float32' && tensor.dtype !== 'float16') return false;
  if (tensor.data.length < 2) return false;
  return (widened(tensor).data as Float32Array).every((x) => Math.abs(x) < weightLimit);
}
