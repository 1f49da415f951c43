import { toTypedArray } from '../../../gpu-embedder/learn/onnx/operators/data-types.ts';
import type { Graph } from '../../../gpu-embedder/learn/onnx/graph.ts';
import { writeModel } from '../../../gpu-embedder/learn/onnx/model-proto.ts';
import { openSession, tensor } from '../../../gpu-embedder/learn/onnx/session.ts';

export interface PlainTensor {
  readonly dims: readonly number[];
  readonly data: readonly number[];
}

/** Run a graph once in onnxruntime on plain numbers, at the shapes it was built for or `shapes`. */
export async function runGraph(
  g: Graph,
  feeds: Readonly<Record<string, readonly number[]>>,
  threads = 1,
  shapes: Readonly<Record<string, readonly number[]>> = {},
): Promise<Readonly<Record<string, PlainTensor>>> {
  const session = await openSession(writeModel(g), { threads });
  const tensors = g.inputs.map(({ value: { name, shape, dtype } }) => [
    name,
    tensor(toTypedArray(feeds[name], dtype), shapes[name] ?? shape, dtype),
  ]);
  const results = await session.run(Object.fromEntries(tensors));
  const plain = Object.entries(results).map(([name, { dims, data }]) => [
    name,
    { dims, data: Array.from(data as Float32Array, Number) },
  ]);
  await session.close();
  return Object.fromEntries(plain);
}
