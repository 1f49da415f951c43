import * as op from '../../onnx/operators/index.ts';
import { sizeOf } from '../../onnx/operators/shape-rules.ts';
import type { Rule } from '../rule.ts';
import { filled, inputsOf } from './tensors.ts';

export const indexRules: Readonly<Record<string, Rule>> = {
  /**
   * Add each gradient row to the row that it was taken from. This uses ScatterElements, since
   * ScatterND with a reduction has a data race in onnxruntime's CPU provider.
   */
  Gather: (g, node, dy) => {
    const [data, indices] = inputsOf(node);
    const axis = node.attributes.axis as number;
    const dx = () => {
      // [before, rows, after]: the axes of data before `axis` are merged into one, and so are those after it.
      const before = sizeOf(data.shape.slice(0, axis));
      const after = sizeOf(data.shape.slice(axis + 1));
      const taken = sizeOf(indices.shape);
      const rows = op.Expand(g, op.Reshape(g, indices, [1, taken, 1]), [before, taken, after]);
      const zeros = filled(g, { ...data, shape: [before, data.shape[axis], after] }, 0);
      const updates = op.Reshape(g, dy, [before, taken, after]);
      const sum = op.ScatterElements(g, zeros, rows, updates, 1, 'add');
      return op.Reshape(g, sum, data.shape);
    };
    return [dx, null];
  },
  GatherElements: (g, node, dy) => {
    const [data, indices] = inputsOf(node);
    const axis = node.attributes.axis as number;
    return [() => op.ScatterElements(g, filled(g, data, 0), indices, dy, axis, 'add'), null];
  },
};
