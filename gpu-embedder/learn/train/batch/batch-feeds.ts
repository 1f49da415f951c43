import { DiptychError } from '../../../../src/errors.ts';
import type { Graph } from '../../onnx/graph.ts';
import type { Tensor } from '../../onnx/session.ts';
import { tensor } from '../../onnx/session.ts';
import type { Batch } from './batches.ts';

/**
 * Wrap the arrays of a batch that are inputs of a graph as tensors of the declared shapes.
 *
 * @param firstRow - the first row of the batch to take, for a graph that takes only some rows
 */
export function batchFeeds(graph: Graph, batch: Batch, firstRow = 0): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  for (const { value } of graph.inputs) {
    const data = batch[value.name];
    if (!data) continue;
    const [rows, ...rest] = value.shape;
    const width = rest.reduce((a, b) => a * b, 1);
    const part = data.subarray(firstRow * width, (firstRow + rows) * width);
    if (part.length !== rows * width) {
      throw new DiptychError(
        'internal',
        `batch ${value.name}: expected [${value.shape}] from row ${firstRow}, got ${data.length} values`,
      );
    }
    feeds[value.name] = tensor(part, value.shape, value.dtype);
  }
  return feeds;
}
