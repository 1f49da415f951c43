/** Element types of the tensors of graphs and models, by their names in onnxruntime. */
export type DataType =
  'float32' | 'float64' | 'float16' | 'int64' | 'int32' | 'bool' | 'uint8' | 'int8';

/** Storage of a tensor; float16 is stored as bits. */
export type TypedArray =
  Float32Array | Float64Array | Uint16Array | BigInt64Array | Int32Array | Uint8Array | Int8Array;

interface DataTypeInfo {
  /** `TensorProto.DataType` of onnx.proto. */
  readonly code: number;
  readonly array: {
    new (bufferOrLength: ArrayBuffer | number): TypedArray;
    readonly BYTES_PER_ELEMENT: number;
    readonly name: string;
  };
}

export const dataTypes: Readonly<Record<DataType, DataTypeInfo>> = {
  float32: { code: 1, array: Float32Array },
  uint8: { code: 2, array: Uint8Array },
  int8: { code: 3, array: Int8Array },
  int32: { code: 6, array: Int32Array },
  int64: { code: 7, array: BigInt64Array },
  bool: { code: 9, array: Uint8Array },
  float16: { code: 10, array: Uint16Array },
  float64: { code: 11, array: Float64Array },
};

/** Tell whether gradients can flow through values of this type. */
export const isFloat = (dtype: DataType): boolean =>
  dtype === 'float32' || dtype === 'float64' || dtype === 'float16';

/** Store numbers as a type. */
export function toTypedArray(values: readonly number[], dtype: DataType): TypedArray {
  const data = new dataTypes[dtype].array(values.length);
  for (let i = 0; i < values.length; i++)
    data[i] = data instanceof BigInt64Array ? BigInt(values[i]) : values[i];
  return data;
}
