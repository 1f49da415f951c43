import { gradients } from '../../../gpu-embedder/learn/autodiff/gradients.ts';
import { dataTypes, toTypedArray } from '../../../gpu-embedder/learn/onnx/operators/data-types.ts';
import type { DataType, Shape, Value } from '../../../gpu-embedder/learn/onnx/graph.ts';
import { Graph } from '../../../gpu-embedder/learn/onnx/graph.ts';
import { writeModel } from '../../../gpu-embedder/learn/onnx/model-proto.ts';
import * as op from '../../../gpu-embedder/learn/onnx/operators/index.ts';
import { openSession, tensor } from '../../../gpu-embedder/learn/onnx/session.ts';

export interface GradientCase {
  /** Shapes of the operands that are differentiated. */
  readonly shapes: readonly Shape[];
  readonly build: (g: Graph, ...operands: Value[]) => Value;
  /** Range of the operands, [-1, 1] by default. */
  readonly range?: readonly [number, number];
  /** float32 where onnxruntime has no float64 kernel. */
  readonly dtype?: 'float32' | 'float64';
  /** Distance of the central differences. */
  readonly step?: number;
}

/** Deterministic numbers in [0, 1). */
export function randoms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export function randomTensor(shape: Shape, dtype: DataType, random: () => number, range = [-1, 1]) {
  const length = shape.reduce((product, dim) => product * dim, 1);
  const [low, high] = range;
  return toTypedArray(
    Array.from({ length }, () => low + (high - low) * random()),
    dtype,
  );
}

/**
 * Compare the gradients of sum(weights * y) with central differences at every element.
 *
 * @returns the largest difference relative to the largest entry of each gradient, and the operators
 *   that y is made of
 */
export async function gradientError(
  test: GradientCase,
): Promise<{ readonly error: number; readonly opTypes: readonly string[] }> {
  const { dtype = 'float64', range, shapes } = test;
  const step = test.step ?? (dtype === 'float64' ? 1e-5 : 2 ** -6);
  const random = randoms(7);
  const g = new Graph();
  const operands = shapes.map((shape, i) => g.input(`x${i}`, shape, dtype));
  const y = test.build(g, ...operands);
  const opTypes = g.nodes.map((node) => node.opType);
  const weights = g.constant(randomTensor(y.shape, dtype, random), y.shape, dtype);
  const axes = y.shape.map((_, axis) => axis);
  const loss = op.ReduceSum(g, op.Mul(g, y, weights), axes, false);
  const found = gradients(g, loss, operands);
  g.output(loss, 'loss');
  found.forEach((gradient, i) => gradient && g.output(gradient, `d${i}`));

  const session = await openSession(writeModel(g), { threads: 1 });
  const data = operands.map((x) => randomTensor(x.shape, dtype, random, range as [number, number]));
  const feeds = Object.fromEntries(
    operands.map((x, i) => [x.name, tensor(data[i], x.shape, dtype)]),
  );
  const lossAt = async () => Number((await session.run(feeds, ['loss'])).loss.data[0]);
  const analytic = await session.run(feeds);
  let worst = 0;
  for (let i = 0; i < operands.length; i++) {
    const gradient = found[i] ? Array.from(analytic[`d${i}`].data as Float64Array, Number) : null;
    if (!gradient) throw new Error(`operand ${i} has no gradient`);
    const numeric = new dataTypes.float64.array(gradient.length);
    for (let k = 0; k < gradient.length; k++) {
      const x = data[i][k] as number;
      data[i][k] = x + step;
      const above = { x: data[i][k] as number, loss: await lossAt() };
      data[i][k] = x - step;
      const below = { x: data[i][k] as number, loss: await lossAt() };
      data[i][k] = x;
      numeric[k] = (above.loss - below.loss) / (above.x - below.x);
    }
    const scale = Math.max(...gradient.map(Math.abs), 1e-3);
    gradient.forEach((value, k) => {
      worst = Math.max(worst, Math.abs(value - Number(numeric[k])) / scale);
    });
  }
  await session.close();
  return { error: worst, opTypes };
}
