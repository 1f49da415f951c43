import { dataTypes } from './operators/data-types.ts';
import type { DataType, TypedArray } from './operators/data-types.ts';
import { attributeType, modelProto } from './onnx-schema.ts';
import type { AttributeMessage, ModelMessage, TensorMessage } from './onnx-schema.ts';
import type { Attribute, Graph, GraphPort, Shape } from './graph.ts';

/** The first IR version with everything that is used here. onnxruntime has read it since 1.15. */
const irVersion = 9;

/** Serialise a graph as an ONNX model. Our operators are those of opset 18. */
export function writeModel(
  graph: Graph,
  { opset = 18 }: { readonly opset?: number } = {},
): Uint8Array {
  const domains = new Set(['com.microsoft', ...graph.nodes.map(({ domain }) => domain)]);
  domains.delete('');
  const message: ModelMessage = {
    irVersion,
    producerName: 'diptych',
    opsetImport: [
      { domain: '', version: opset },
      ...[...domains].map((domain) => ({ domain, version: 1 })),
    ],
    graph: {
      name: 'diptych',
      node: graph.nodes.map(({ opType, domain, inputs, outputs, attributes }) => ({
        input: inputs.map((input) => input?.name ?? ''),
        output: outputs.map((output) => output.name),
        name: outputs[0].name,
        opType,
        domain,
        attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
      })),
      initializer: graph.initializers.map(({ value, data }) =>
        tensorMessage(value.name, value.dtype, value.shape, data),
      ),
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo),
    },
  };
  return modelProto.encode(message).finish();
}

function attribute(name: string, value: Attribute): AttributeMessage {
  if (typeof value === 'number') return { name, type: attributeType.int, i: value };
  if (typeof value === 'string')
    return { name, type: attributeType.string, s: new TextEncoder().encode(value) };
  if ('float' in value) return { name, type: attributeType.float, f: value.float };
  if ('floats' in value) return { name, type: attributeType.floats, floats: value.floats };
  if ('strings' in value) {
    const strings = value.strings.map((text) => new TextEncoder().encode(text));
    return { name, type: attributeType.strings, strings };
  }
  if ('tensor' in value) {
    const { dtype, shape, data } = value.tensor;
    return { name, type: attributeType.tensor, t: tensorMessage('', dtype, shape, data) };
  }
  return { name, type: attributeType.ints, ints: value };
}

export function tensorMessage(
  name: string,
  dtype: DataType,
  shape: Shape,
  data: TypedArray,
): TensorMessage {
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { name, dataType: dataTypes[dtype].code, dims: shape, rawData };
}

function valueInfo({ value, dims }: GraphPort): ModelMessage['graph']['input'][number] {
  const dim = dims.map((length) =>
    typeof length === 'string' ? { dimParam: length } : { dimValue: length },
  );
  const tensorType = { elemType: dataTypes[value.dtype].code, shape: { dim } };
  return { name: value.name, type: { tensorType } };
}
