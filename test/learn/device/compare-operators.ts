import { gradients } from '../../../gpu-embedder/learn/autodiff/gradients.ts';
import { copyNodes } from '../../../gpu-embedder/learn/onnx/copy-nodes.ts';
import { Graph } from '../../../gpu-embedder/learn/onnx/graph.ts';
import { writeModel } from '../../../gpu-embedder/learn/onnx/model-proto.ts';
import * as op from '../../../gpu-embedder/learn/onnx/operators/index.ts';
import { portableOperators } from '../../../gpu-embedder/learn/onnx/portable-operators.ts';
import { openSession, tensor } from '../../../gpu-embedder/learn/onnx/session.ts';
import type { GradientCase } from '../autodiff/check-gradient.ts';
import { randoms, randomTensor } from '../autodiff/check-gradient.ts';
import { gradientCases } from '../autodiff/gradient-cases.ts';

/** Prints the operators whose result or gradient on WebGPU is not what it is on the CPU. */
const tolerance = 1e-5;

/** Largest difference of a result or gradient, relative to the largest number in it. */
async function difference({ shapes, build, range }: GradientCase): Promise<number> {
  const from = new Graph();
  const xs = shapes.map((shape, i) => from.input(`x${i}`, shape));
  const y = build(from, ...xs);
  const axes = y.shape.map((_, axis) => axis);
  const found = gradients(from, op.ReduceSum(from, op.Mul(from, y, y), axes, false), xs);
  const g = new Graph();
  const inputs = new Map(xs.map(({ name, shape }) => [name, g.input(name, shape)]));
  const copyOf = copyNodes(from, g, { inputs, instead: portableOperators });
  const outputs = [y, ...found.filter((gradient) => gradient !== null)];
  outputs.forEach((value, i) => g.output(copyOf(value), `output${i}`));
  const random = randoms(5);
  const feeds = xs.map(({ name, shape }) => [
    name,
    tensor(randomTensor(shape, 'float32', random, range as number[] | undefined), shape),
  ]);
  const run = async (device: 'cpu' | 'webgpu') => {
    const session = await openSession(writeModel(g), { device, threads: 1 });
    const results = await session.run(Object.fromEntries(feeds));
    await session.close();
    return outputs.map((_, i) => Array.from(results[`output${i}`].data as Float32Array));
  };
  const [expected, got] = [await run('cpu'), await run('webgpu')];
  const differences = expected.map((numbers, i) => {
    const largest = Math.max(1e-3, ...numbers.map(Math.abs));
    return Math.max(...numbers.map((x, k) => Math.abs(x - got[i][k]))) / largest;
  });
  return Math.max(...differences);
}

let compared = 0;
for (const [opType, cases] of Object.entries(gradientCases)) {
  for (const [i, row] of cases.entries()) {
    const found = await difference(row);
    compared++;
    if (found <= tolerance) continue;
    process.stdout.write(`${opType} ${i + 1}: relative difference ${found.toExponential(1)}\n`);
    process.exitCode = 1;
  }
}
process.stdout.write(`${compared} cases compared, tolerance ${tolerance}\n`);
