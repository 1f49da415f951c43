import { expect, test } from 'vitest';
import { gradients } from '../../../gpu-embedder/learn/autodiff/gradients.ts';
import { convolutionBlock } from '../../../gpu-embedder/learn/onnx/convolution-block.ts';
import { copyGraph } from '../../../gpu-embedder/learn/onnx/copy-graph.ts';
import { cpuOperators } from '../../../gpu-embedder/learn/onnx/cpu-operators.ts';
import { Graph } from '../../../gpu-embedder/learn/onnx/graph.ts';
import * as op from '../../../gpu-embedder/learn/onnx/operators/index.ts';
import { createRandom } from '../../../gpu-embedder/common/random.ts';
import { runGraph } from './run-graph.ts';

const block = await convolutionBlock();

/** Each operator that has another form, with the gradients of a sum of squares. */
function everyOperator(): Graph {
  const g = new Graph();
  const shapes = {
    x: [4, 3, 8, 12],
    narrow: [32, 3, 3, 3],
    wide: [16, 32, 3, 3],
    bias: [16],
    strided: [32, 16, 2, 2],
    pointwise: [16, 128, 1, 1],
    offset: [3],
  };
  const values = Object.entries(shapes).map(([name, shape]) => g.input(name, shape));
  const [x, narrow, wide, bias, strided, pointwise, offset] = values;
  const pads = [1, 1, 1, 1];
  let y = op.Conv(g, x, narrow, null, { pads });
  y = op.Conv(g, y, wide, bias, { pads });
  y = op.Conv(g, y, strided, null, { strides: [2, 2] });
  y = op.Conv(g, op.spaceToDepth(g, y, 2), pointwise);
  y = op.Add(g, op.Reshape(g, y, [128, 3]), offset);
  const loss = op.ReduceSum(g, op.Mul(g, y, y), [0, 1], false);
  g.output(loss, 'loss');
  gradients(g, loss, values).forEach((gradient, i) => g.output(gradient!, `d ${values[i].name}`));
  return g;
}

const count = (g: Graph, opType: string): number =>
  g.nodes.filter((node) => node.opType === opType).length;

test.each([null, ...(block === null ? [] : [block])])(
  'blocks of %s: the forms for the CPU compute what the plain operators do',
  async (size) => {
    const plain = everyOperator();
    const fast = copyGraph(plain, cpuOperators(size));
    const opTypes = fast.nodes.map(({ opType }) => opType);
    expect(opTypes).toContain('SpaceToDepth');
    expect(opTypes).toContain('DepthToSpace');
    expect(count(fast, 'ReduceSum')).toBeGreaterThan(count(plain, 'ReduceSum'));
    expect(opTypes.includes('ReorderInput')).toBe(size !== null);
    const random = createRandom(3);
    const feeds = Object.fromEntries(
      plain.inputs.map(({ value: { name, shape } }) => [
        name,
        Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal() / 4),
      ]),
    );
    const expected = await runGraph(plain, feeds);
    const found = await runGraph(fast, feeds);
    expect(Object.keys(found)).toEqual(Object.keys(expected));
    for (const [name, { dims, data }] of Object.entries(expected)) {
      expect(found[name].dims).toEqual(dims);
      const largest = Math.max(...data.map(Math.abs));
      const error = Math.max(...data.map((value, i) => Math.abs(value - found[name].data[i])));
      expect(error / largest, name).toBeLessThan(1e-5);
    }
  },
);
