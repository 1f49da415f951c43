import { DiptychError } from '../../../../src/errors.ts';
import { modelProto } from '../../onnx/onnx-schema.ts';
import type { Shape, TensorData, TypedArray } from '../../onnx/graph.ts';
import { openSession } from '../../onnx/session.ts';
import type { Tensor, Tensors } from '../../onnx/session.ts';
import { widened } from '../../onnx/float16.ts';
import type { SourceModel } from './source-model.ts';

/** What is known of the values of a model at any number of rows, from running it. */
export interface Probe {
  shape(name: string, rows: number): Shape;
  /** A value that depends on shapes alone; null if its own shape varies, or if numbers other than integers vary. */
  constant(name: string, rows: number): TensorData | null;
}

/** Few rows, so that large models fit. Lengths and integers at other numbers of rows lie on a line. */
const probed = [2, 3] as const;

/** Run a model at two numbers of rows, and note the shapes of all values and the known numbers. */
export async function probeModel(
  source: SourceModel,
  bytes: Uint8Array,
  feeds: (rows: number) => Tensors,
): Promise<Probe> {
  const session = await openSession(observable(source, bytes));
  const runs: Tensors[] = [];
  try {
    for (const rows of probed) runs.push(await session.run(feeds(rows)));
  } catch (cause) {
    throw new DiptychError(
      'unreadable_model',
      `${source.path}: expected a model that runs on batches of ${probed.join(' and ')}, got ${(cause as Error).message}`,
      undefined,
      { cause },
    );
  } finally {
    await session.close();
  }
  const [first, second] = runs;
  const shapeIn = (run: Tensors, name: string): readonly number[] =>
    source.known.has(name) ? run[name].dims : numbers(run[shapeName(name)]);
  return {
    shape: (name, rows) => onLine(shapeIn(first, name), shapeIn(second, name), rows),
    constant: (name, rows) => {
      if (!source.known.has(name)) return null;
      const [a, b] = [first[name], second[name]];
      if (a.dims.join() !== b.dims.join()) return null;
      const [from, to] = [tensorData(a), tensorData(b)];
      if (isEqual(from.data, to.data)) return widened(from);
      const { dtype, shape, data } = from;
      const line = onLine(numbers(a), numbers(b), rows);
      if (data instanceof BigInt64Array) {
        return { dtype, shape, data: BigInt64Array.from(line, BigInt) };
      }
      return data instanceof Int32Array ? { dtype, shape, data: Int32Array.from(line) } : null;
    },
  };
}

const shapeName = (name: string): string => `shape of ${name}`;

/** Add outputs to a model. Protobuf merges messages that follow one another, so bytes are appended. */
function observable({ nodes, known }: SourceModel, bytes: Uint8Array): Uint8Array {
  const names = nodes.flatMap(({ outputs }) => outputs).filter((name) => name !== '');
  const unknown = names.filter((name) => !known.has(name));
  const shapes = unknown.map((name) => ({
    opType: 'Shape',
    input: [name],
    output: [shapeName(name)],
  }));
  const outputs = [...names.filter((name) => known.has(name)), ...unknown.map(shapeName)];
  const message = { graph: { node: shapes, output: outputs.map((name) => ({ name })) } };
  return Buffer.concat([bytes, modelProto.encode(message).finish()]);
}

/** Extend the line through the two observations to any number of rows. */
const onLine = (a: readonly number[], b: readonly number[], rows: number): number[] =>
  a.map((x, i) => x + ((rows - probed[0]) * (b[i] - x)) / (probed[1] - probed[0]));

const numbers = ({ data }: Tensor): number[] => Array.from(data as BigInt64Array, Number);
const isEqual = (a: TypedArray, b: TypedArray): boolean =>
  (a as Float32Array).every((x, i) => Object.is(x, b[i]));

const tensorData = ({ type, dims, data }: Tensor): TensorData =>
  ({ dtype: type, shape: dims, data }) as unknown as TensorData;
