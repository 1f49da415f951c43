import { DiptychError } from '../../../../src/errors.ts';
import { dataTypes } from '../../onnx/operators/data-types.ts';
import { attributeType, modelProto } from '../../onnx/onnx-schema.ts';
import type { ModelMessage, NodeMessage, TensorMessage } from '../../onnx/onnx-schema.ts';
import type { Modality } from '../tower.ts';
import { toFloat16 } from '../../onnx/float16.ts';
import { embeddingsOutput } from '../../onnx/embeddings-output.ts';
import { adapter, identityAdapter } from './weights.ts';

type Weights = ReadonlyMap<string, Float32Array>;

/**
 * Replace some weights in the bytes of an ONNX model, and append the adapter if it has changed.
 *
 * @param weights - by their names in the file
 * @throws DiptychError `unreadable_model`: the model does not have one of the weights
 */
export function replaceWeights(
  bytes: Uint8Array,
  modality: Modality,
  weights: Weights,
  path: string,
): Uint8Array {
  const model = modelProto.decode(bytes) as unknown as ModelMessage;
  const stored = new Map(model.graph.initializer.map((tensor) => [tensor.name, tensor]));
  for (const node of model.graph.node) {
    const value = node.opType === 'Constant' ? constantTensor(node) : undefined;
    if (value) stored.set(node.output[0], value);
  }
  const appended = newAdapter(weights, stored);
  for (const [name, data] of weights) {
    const tensor = stored.get(name);
    if (tensor) overwrite(tensor, data, `${path}: weight ${name}`);
    else if (!appended?.has(name) && !isAdapter(name)) {
      throw new DiptychError(
        'unreadable_model',
        `${path}: weight ${name}: the model has none of that name`,
      );
    }
  }
  if (appended) {
    const names = model.graph.output.map(({ name }) => name);
    appendAdapter(model, embeddingsOutput(names, modality, path), appended);
  }
  return modelProto.encode(model).finish();
}

const isAdapter = (name: string): boolean => name === adapter.weight || name === adapter.bias;

const constantTensor = ({ attribute }: NodeMessage): TensorMessage | undefined =>
  attribute.find(({ name, type }) => name === 'value' && type === attributeType.tensor)?.t;

/** The adapter, if the file does not have it yet and it is not the identity any more. */
function newAdapter(weights: Weights, stored: ReadonlyMap<string, TensorMessage>): Weights | null {
  const bias = weights.get(adapter.bias);
  if (!bias || stored.has(adapter.bias)) return null;
  const identity = identityAdapter(bias.length);
  const own = new Map([...weights].filter(([name]) => isAdapter(name)));
  const moved = [...own].some(([name, data]) =>
    data.some((x, i) => x !== identity.get(name)!.data[i]),
  );
  return moved ? own : null;
}

/** Write numbers into a tensor; the tensor keeps its type. */
function overwrite(tensor: TensorMessage, data: Float32Array, where: string): void {
  const length = tensor.dims.reduce<number>((product, dim) => product * Number(dim), 1);
  const half = tensor.dataType === dataTypes.float16.code;
  if (data.length !== length || (!half && tensor.dataType !== dataTypes.float32.code)) {
    throw new DiptychError(
      'unreadable_model',
      `${where}: expected ${length} numbers in float32 or float16, got ${data.length} for element type ${tensor.dataType}`,
    );
  }
  const array = half ? toFloat16(data) : data;
  const rawData = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  Object.assign(tensor, { rawData, floatData: [], int32Data: [] });
}

/** Insert the linear layer between the node that computed the embeddings and their name. */
function appendAdapter({ graph }: ModelMessage, output: string, weights: Weights): void {
  const plain = `${output}_before_adapter`;
  const renamed = (name: string): string => (name === output ? plain : name);
  const nodes = graph.node.map((node): NodeMessage => ({
    ...node,
    input: node.input.map(renamed),
    output: node.output.map(renamed),
  }));
  const bias = weights.get(adapter.bias)!;
  const node = (opType: string, input: string[], name: string): NodeMessage => ({
    opType,
    name: `adapter/${opType}`,
    domain: '',
    input,
    output: [name],
    attribute: [],
  });
  const product = 'adapter_product';
  nodes.push(node('MatMul', [plain, adapter.weight], product));
  nodes.push(node('Add', [product, adapter.bias], output));
  const width = bias.length;
  const tensors = Object.values(adapter).map((name) => {
    const data = weights.get(name)!;
    const dims = name === adapter.weight ? [width, width] : [width];
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return { name, dataType: dataTypes.float32.code, dims, rawData };
  });
  Object.assign(graph, { node: nodes, initializer: [...graph.initializer, ...tensors] });
}
