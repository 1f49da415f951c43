import { tensorOf } from '../../onnx/read-model.ts';
import { attributeType, modelProto } from '../../onnx/onnx-schema.ts';
import type {
  AttributeMessage,
  ModelMessage,
  NodeMessage,
  TensorMessage,
} from '../../onnx/onnx-schema.ts';
import { dataTypes } from '../../onnx/operators/data-types.ts';
import type { DataType, TypedArray } from '../../onnx/operators/data-types.ts';
import { openSession, tensor } from '../../onnx/session.ts';
import { tensorMessage } from '../../onnx/write-model.ts';
import { widened } from '../../onnx/float16.ts';
import { withData } from './external-data.ts';
import { NotUnderstood } from './not-understood.ts';
import type { TowerGraph } from './tower-graph.ts';

export interface FloatValue {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A value that is given instead of computed; token ids are given as bigint. */
export interface Given {
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

/**
 * Compute one value of a tower from others with onnxruntime. So what a part of a graph does is found
 * by running it, however the exporter wrote it: quantised weights are read in this way, and masks,
 * positions and activations. Half precision is widened to float32.
 *
 * @param given - values that are given instead of computed, by name. Those that are not needed may
 *   be there as well
 * @throws NotUnderstood if the part cannot be run with what is given
 */
export async function runPart(
  graph: TowerGraph,
  output: string,
  given: Readonly<Record<string, Given>> = {},
): Promise<FloatValue> {
  const stored = graph.initializers.get(output);
  if (stored && !(output in given)) return floats(tensorOf(withData(stored, graph.path)));
  const needed = neededFor(graph, output, new Set(Object.keys(given)));
  const feeds = Object.entries(given)
    .filter(([name]) => needed.has(name))
    .map(([name, { shape, data }]) => [name, feed(graph, name, shape, data)] as const);
  const model = partOf(graph, output, needed, feeds);
  try {
    const session = await openSession(modelProto.encode(model).finish(), { silent: true });
    try {
      const { [output]: result } = await session.run(Object.fromEntries(feeds));
      const { dims, data } = result;
      return { shape: dims, data: asFloats(data as TypedArray) };
    } finally {
      await session.close();
    }
  } catch (cause) {
    const where = graph.producer(output) ?? output;
    throw new NotUnderstood(where, `a part that runs alone, got ${(cause as Error).message}`);
  }
}

function neededFor(graph: TowerGraph, output: string, given: ReadonlySet<string>): Set<string> {
  const needed = new Set([output]);
  for (const name of needed)
    if (!given.has(name))
      graph.producer(name)?.input.forEach((input) => input !== '' && needed.add(input));
  return needed;
}

function feed(
  { model }: TowerGraph,
  name: string,
  shape: readonly number[],
  data: Float32Array | BigInt64Array,
): ReturnType<typeof tensor> {
  const port = model.graph.input.find((input) => input.name === name);
  const { int32 } = dataTypes;
  if (data instanceof BigInt64Array && port?.type?.tensorType?.elemType === int32.code)
    return tensor(Int32Array.from(data, Number), shape, 'int32');
  return tensor(data, shape, data instanceof BigInt64Array ? 'int64' : 'float32');
}

function partOf(
  { model, path }: TowerGraph,
  output: string,
  needed: ReadonlySet<string>,
  feeds: readonly (readonly [string, ReturnType<typeof tensor>])[],
): ModelMessage {
  const given = new Set(feeds.map(([name]) => name));
  const isComputed = (name: string): boolean => needed.has(name) && !given.has(name);
  return {
    irVersion: model.irVersion,
    opsetImport: model.opsetImport,
    graph: {
      name: 'part',
      node: model.graph.node
        .filter((node) => node.output.some(isComputed))
        .map((node) => ({ ...node, attribute: node.attribute.map((a) => wideAttribute(node, a)) })),
      initializer: model.graph.initializer
        .filter(({ name }) => isComputed(name))
        .map((message) => wide(withData(message, path))),
      input: feeds.map(([name, { type, dims }]) => {
        const elemType = dataTypes[type as DataType].code;
        const shape = { dim: dims.map((dimValue) => ({ dimValue })) };
        return { name, type: { tensorType: { elemType, shape } } };
      }),
      output: [{ name: output }],
    },
  };
}

function floats(data: ReturnType<typeof tensorOf>): FloatValue {
  const { shape, data: values } = widened(data);
  return { shape, data: asFloats(values) };
}

const asFloats = (data: TypedArray): Float32Array =>
  data instanceof Float32Array ? data : Float32Array.from(data as Int32Array, Number);

function wide(message: TensorMessage): TensorMessage {
  if (message.dataType !== dataTypes.float16.code) return message;
  const { dtype, shape, data } = widened(tensorOf(message));
  return tensorMessage(message.name, dtype, shape, data);
}

function wideAttribute({ opType }: NodeMessage, attribute: AttributeMessage): AttributeMessage {
  const { name, type, t, i } = attribute;
  if (type === attributeType.tensor && t) return { ...attribute, t: wide(t) };
  const isHalf = opType === 'Cast' && name === 'to' && Number(i) === dataTypes.float16.code;
  return isHalf ? { ...attribute, i: dataTypes.float32.code } : attribute;
}
