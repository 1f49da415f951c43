import { DiptychError } from '../../../../src/errors.ts';
import { dataTypes } from '../../onnx/operators/data-types.ts';
import type { DataType } from '../../onnx/operators/data-types.ts';
import type { ModelNode } from '../../onnx/model-proto.ts';

const byOperator: Readonly<Record<string, DataType>> = {
  ...Object.fromEntries(
    ['Shape', 'Size', 'ArgMax', 'ArgMin', 'NonZero'].map((name) => [name, 'int64' as const]),
  ),
  ...Object.fromEntries(
    ['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual']
      .concat(['And', 'Or', 'Xor', 'Not', 'IsNaN', 'IsInf'])
      .map((name) => [name, 'bool' as const]),
  ),
  MatMulInteger: 'int32',
  ConvInteger: 'int32',
};

/** By operator, the input that gives the outputs their type, if it is not the first. */
const typedBy: Readonly<Record<string, number>> = {
  Where: 1,
  CastLike: 1,
  DequantizeLinear: 1,
  OneHot: 2,
  QuantizeLinear: 2,
};

/**
 * Find the type of an output of a node. Half precision becomes float32.
 *
 * @param inputs - types of its inputs
 */
export function valueType(
  { opType, attributes, name }: ModelNode,
  output: number,
  inputs: readonly (DataType | null)[],
): DataType {
  if (opType === 'Cast') return typeOfCode(attributes.to, name);
  if (opType === 'TopK' && output === 1) return 'int64';
  if (opType === 'DynamicQuantizeLinear') return output === 1 ? 'float32' : 'uint8';
  if (opType === 'ConstantOfShape') {
    const { value } = attributes;
    return typeof value === 'object' && 'tensor' in value ? wide(value.tensor.dtype) : 'float32';
  }
  return byOperator[opType] ?? inputs[typedBy[opType] ?? 0] ?? 'float32';
}

const wide = (dtype: DataType): DataType => (dtype === 'float16' ? 'float32' : dtype);

function typeOfCode(code: unknown, where: string): DataType {
  for (const [name, info] of Object.entries(dataTypes))
    if (info.code === code) return wide(name as DataType);
  throw new DiptychError(
    'unreadable_model',
    `Cast ${where}: element type ${String(code)} is not supported`,
  );
}
