import { toFloat16 } from '../../../gpu-embedder/learn/onnx/float16.ts';
import { attributeType, modelProto } from '../../../gpu-embedder/learn/onnx/onnx-schema.ts';
import type {
  AttributeMessage,
  ModelMessage,
  NodeMessage,
  TensorMessage,
} from '../../../gpu-embedder/learn/onnx/onnx-schema.ts';
import { decodeModel, tensorOf } from '../../../gpu-embedder/learn/onnx/read-model.ts';
import { dataTypes } from '../../../gpu-embedder/learn/onnx/operators/data-types.ts';
import { tensorMessage } from '../../../gpu-embedder/learn/onnx/write-model.ts';

const codes = { float32: dataTypes.float32.code, float16: dataTypes.float16.code };

/** All numbers in half precision, converted where they enter and leave: `model_fp16.onnx`. */
export function inHalfPrecision(bytes: Uint8Array): Uint8Array {
  const model = decodeModel(bytes, 'model');
  const { graph } = model;
  const floatPorts = (ports: typeof graph.input): string[] =>
    ports
      .filter(({ type }) => type?.tensorType?.elemType === codes.float32)
      .map(({ name }) => name);
  const inner = new Map([...floatPorts(graph.input), ...floatPorts(graph.output)].map((name) => [name, `${name}_half`])); // prettier-ignore
  const rename = (name: string): string => inner.get(name) ?? name;
  const cast = (input: string, output: string, to: number): NodeMessage =>
    node('Cast', [input], [output], [{ name: 'to', type: attributeType.int, i: to }]);
  const nodes = graph.node.map((each) => ({
    ...each,
    input: each.input.map(rename),
    output: each.output.map(rename),
    attribute: each.attribute.map((a) => halved(each, a)),
  }));
  return encode(model, {
    initializer: graph.initializer.map(half),
    node: [
      ...floatPorts(graph.input).map((name) => cast(name, rename(name), codes.float16)),
      ...nodes,
      ...floatPorts(graph.output).map((name) => cast(rename(name), name, codes.float32)),
    ],
  });
}

function half(message: TensorMessage): TensorMessage {
  if (message.dataType !== codes.float32) return message;
  const { shape, data } = tensorOf(message);
  return tensorMessage(message.name, 'float16', shape, toFloat16(data as Float32Array));
}

function halved({ opType }: NodeMessage, attribute: AttributeMessage): AttributeMessage {
  const { type, name, t, i } = attribute;
  if (type === attributeType.tensor && t) return { ...attribute, t: half(t) };
  const isFloat = opType === 'Cast' && name === 'to' && Number(i) === codes.float32;
  return isFloat ? { ...attribute, i: codes.float16 } : attribute;
}

/** Weights as 8 bits without sign, as onnxruntime's quantize_dynamic writes them. */
export function inUint8(bytes: Uint8Array): Uint8Array {
  const model = decodeModel(bytes, 'model');
  const { graph } = model;
  const stored = new Map(graph.initializer.map((message) => [message.name, message]));
  const added: TensorMessage[] = [];
  const replaced = new Set<string>();
  const quantised = (name: string): [string, string, string] => {
    const names = ['quantized', 'scale', 'zero_point'].map((part) => `${name}_${part}`);
    if (!replaced.has(name)) added.push(...quantise(stored.get(name)!, names));
    replaced.add(name);
    return names as [string, string, string];
  };
  const nodes = graph.node.flatMap((each) => {
    const { opType, input, output } = each;
    const weight = input.find((name, i) => stored.has(name) && i === (opType === 'Gather' ? 0 : 1));
    if (weight === undefined || stored.get(weight)!.dataType !== codes.float32) return [each];
    const [result] = output;
    if (opType === 'Gather' && stored.get(weight)!.dims.length === 2) {
      const [table, ...scales] = quantised(weight);
      const row = `${result}_row`;
      return [
        { ...each, input: [table, input[1]], output: [row] },
        node('DequantizeLinear', [row, ...scales], [result]),
      ];
    }
    if (opType !== 'MatMul' && opType !== 'Conv') return [each];
    const [table, scale, zero] = quantised(weight);
    const part = (name: string): string => `${result}_${name}`;
    const toFloat = [{ name: 'to', type: attributeType.int, i: codes.float32 }];
    const product = opType === 'MatMul' ? 'MatMulInteger' : 'ConvInteger';
    return [
      node('DynamicQuantizeLinear', [input[0]], [part('x'), part('x_scale'), part('x_zero')]),
      node(product, [part('x'), table, part('x_zero'), zero], [part('sum')], each.attribute),
      node('Cast', [part('sum')], [part('float')], toFloat),
      node('Mul', [part('x_scale'), scale], [part('scales')]),
      ...(input[2] === undefined
        ? [node('Mul', [part('float'), part('scales')], [result])]
        : withBias(part, input[2], result)),
    ];
  });
  const initializer = graph.initializer.filter(({ name }) => !replaced.has(name));
  const shape = tensorMessage('bias_shape', 'int64', [4], new BigInt64Array([1n, -1n, 1n, 1n]));
  return encode(model, { node: nodes, initializer: [...initializer, ...added, shape] });
}

const withBias = (part: (name: string) => string, bias: string, result: string): NodeMessage[] => [
  node('Mul', [part('float'), part('scales')], [part('scaled')]),
  node('Reshape', [bias, 'bias_shape'], [part('bias')]),
  node('Add', [part('scaled'), part('bias')], [result]),
];

function quantise(message: TensorMessage, [name, scaleName, zeroName]: string[]): TensorMessage[] {
  const { shape, data } = tensorOf(message);
  const values = data as Float32Array;
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const scale = (high - low) / 255;
  const zero = Math.round(-low / scale);
  const stored = Uint8Array.from(values, (x) =>
    Math.min(255, Math.max(0, Math.round(x / scale) + zero)),
  );
  return [
    tensorMessage(name, 'uint8', shape, stored),
    tensorMessage(scaleName, 'float32', [], new Float32Array([scale])),
    tensorMessage(zeroName, 'uint8', [], new Uint8Array([zero])),
  ];
}

/** Weights in a file of their own: `model.onnx_data`. */
export function inAnotherFile(
  bytes: Uint8Array,
  location: string,
): { readonly model: Uint8Array; readonly data: Uint8Array } {
  const model = decodeModel(bytes, 'model');
  const parts: Uint8Array[] = [];
  let offset = 0;
  const initializer = model.graph.initializer.map((message) => {
    const { rawData, name, dims, dataType } = message;
    if (rawData.length < 64) return message;
    const entries = { location, offset, length: rawData.length };
    parts.push(rawData);
    offset += rawData.length;
    const externalData = Object.entries(entries).map(([key, value]) => ({
      key,
      value: `${value}`,
    }));
    return { name, dims, dataType, externalData, dataLocation: 1, rawData: new Uint8Array() };
  });
  return { model: encode(model, { initializer }), data: Buffer.concat(parts) };
}

const node = (
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attribute: readonly AttributeMessage[] = [],
): NodeMessage => ({
  opType,
  input,
  output,
  attribute,
  name: `${output[0]}_${opType}`,
  domain: '',
});

function encode(model: ModelMessage, graph: Partial<ModelMessage['graph']>): Uint8Array {
  return modelProto.encode({ ...model, graph: { ...model.graph, ...graph } }).finish();
}
