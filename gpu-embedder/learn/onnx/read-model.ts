import { DiptychError } from '../../../src/errors.ts';
import { dataTypes } from './operators/data-types.ts';
import type { DataType, TypedArray } from './operators/data-types.ts';
import { attributeType, modelProto } from './onnx-schema.ts';
import type {
  AttributeMessage,
  Int64,
  ModelMessage,
  TensorMessage,
  ValueInfoMessage,
} from './onnx-schema.ts';
import type { Attribute, Attributes, Dims, TensorData } from './graph.ts';

export interface ModelPort {
  readonly name: string;
  readonly dtype: DataType;
  readonly dims: Dims;
}

/** A node of a file; '' means that an optional input is left out. */
export interface ModelNode {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

export interface ModelParts {
  readonly irVersion: number;
  /** Version by operator domain; '' is the ONNX domain. */
  readonly opsets: Readonly<Record<string, number>>;
  /** The inputs that must be fed. Older files also list initializers as inputs: these are left out. */
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  readonly nodes: readonly ModelNode[];
  readonly initializers: ReadonlyMap<string, TensorData>;
}

/**
 * Read the parts of an ONNX model.
 *
 * @param where - the file, for messages
 * @throws DiptychError `unreadable_model`: it is not a model, or has external data or subgraphs
 */
export function readModel(bytes: Uint8Array, where = 'model'): ModelParts {
  const { graph, irVersion, opsetImport } = decodeModel(bytes, where);
  const initializers = new Map(graph.initializer.map((t) => [t.name, tensorOf(t)]));
  return {
    irVersion: Number(irVersion),
    opsets: Object.fromEntries(
      opsetImport.map(({ domain, version }) => [
        domain === 'ai.onnx' ? '' : domain,
        Number(version),
      ]),
    ),
    inputs: graph.input.filter(({ name }) => !initializers.has(name)).map(port),
    outputs: graph.output.map(port),
    nodes: graph.node.map((node) => ({
      name: node.name,
      opType: node.opType,
      domain: node.domain === 'ai.onnx' ? '' : node.domain,
      inputs: [...node.input],
      outputs: [...node.output],
      attributes: Object.fromEntries(
        node.attribute.map((a) => [a.name, attribute(a, `${node.opType} ${node.name}`)]),
      ),
    })),
    initializers,
  };
}

/** Parse an ONNX file. @throws DiptychError `unreadable_model` */
export function decodeModel(bytes: Uint8Array, where: string): ModelMessage {
  let message: ModelMessage;
  try {
    message = modelProto.decode(bytes) as unknown as ModelMessage;
  } catch (cause) {
    throw new DiptychError(
      'unreadable_model',
      `${where}: expected an ONNX model, got ${bytes.length} bytes that do not parse as ModelProto`,
      undefined,
      { cause },
    );
  }
  if (!message.graph?.node.length)
    throw new DiptychError(
      'unreadable_model',
      `${where}: expected an ONNX model, got ${bytes.length} bytes without a graph`,
    );
  return message;
}

function dataType(code: number, where: string): DataType {
  for (const [name, info] of Object.entries(dataTypes))
    if (info.code === code) return name as DataType;
  throw new DiptychError('unreadable_model', `${where}: element type ${code} is not supported`);
}

function port({ name, type }: ValueInfoMessage): ModelPort {
  if (!type?.tensorType)
    throw new DiptychError('unreadable_model', `${name}: expected a tensor type`);
  const { elemType, shape } = type.tensorType;
  // If neither is set, the axis has any length; protobufjs then gives '' and 0.
  const dims = (shape?.dim ?? []).map(
    ({ dimValue, dimParam }, axis) => dimParam || Number(dimValue ?? 0) || `${name}_${axis}`,
  );
  return { name, dtype: dataType(elemType, name), dims };
}

function attribute(message: AttributeMessage, where: string): Attribute {
  const text = new TextDecoder();
  switch (message.type) {
    case attributeType.float:
      return { float: message.f ?? 0 };
    case attributeType.int:
      return Number(message.i ?? 0);
    case attributeType.string:
      return text.decode(message.s);
    case attributeType.tensor:
      return { tensor: tensorOf(message.t as TensorMessage) };
    case attributeType.floats:
      return { floats: [...(message.floats ?? [])] };
    case attributeType.ints:
      return (message.ints ?? []).map(Number);
    case attributeType.strings:
      return { strings: (message.strings ?? []).map((bytes) => text.decode(bytes)) };
    default:
      throw new DiptychError(
        'unreadable_model',
        `${where}: attribute ${message.name} is of type ${message.type} (5 is a subgraph), which is not supported`,
      );
  }
}

/** Read a tensor whose data is in the message. @throws DiptychError `unreadable_model` */
export function tensorOf(message: TensorMessage): TensorData {
  const where = `tensor ${message.name || '(constant)'}`;
  if (message.dataLocation === 1)
    throw new DiptychError(
      'unreadable_model',
      `${where}: its data is in another file, expected it in the model`,
    );
  const dtype = dataType(message.dataType, where);
  const shape = message.dims.map(Number);
  const data = tensorData(message, dtype);
  const expected = shape.reduce((product, dim) => product * dim, 1);
  if (data.length !== expected)
    throw new DiptychError(
      'unreadable_model',
      `${where}: shape [${shape}] holds ${expected} elements, got ${data.length}`,
    );
  return { dtype, shape, data };
}

/** Take the data from raw_data, or from the field of its type where raw_data is empty. */
function tensorData(message: TensorMessage, dtype: DataType): TypedArray {
  const { rawData, floatData, doubleData, int32Data, int64Data } = message;
  const { array } = dataTypes[dtype];
  if (rawData?.length > 0) {
    // Copy, since the slice of the file may not be aligned.
    const copy = rawData.slice();
    const whole = copy.byteLength - (copy.byteLength % array.BYTES_PER_ELEMENT);
    return new array(copy.buffer.slice(copy.byteOffset, copy.byteOffset + whole) as ArrayBuffer);
  }
  if (dtype === 'int64')
    return BigInt64Array.from((int64Data ?? []).map((n: Int64) => BigInt(n.toString())));
  const numbers = dtype === 'float32' ? floatData : dtype === 'float64' ? doubleData : int32Data;
  const data = new array(numbers?.length ?? 0);
  numbers?.forEach((n, i) => {
    data[i] = n;
  });
  return data;
}
