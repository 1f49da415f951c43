import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeTinyModel } from '../../gpu-embedder/learn/model/tiny-model.ts';
import { Graph } from '../../gpu-embedder/learn/onnx/graph.ts';
import { writeModel } from '../../gpu-embedder/learn/onnx/model-proto.ts';
import * as op from '../../gpu-embedder/learn/onnx/operators/index.ts';

/** Write a model that answers NaN for a black image: it takes the root of a negative number. */
export async function writeNanModel(dir: string): Promise<void> {
  await writeTinyModel(dir);
  const g = new Graph();
  const pixels = g.input('pixel_values', [2, 3, 32, 32], 'float32', ['batch', 3, 32, 32]);
  // A black pixel is -2.5, any other colour of the tests has a mean above -2.
  const root = op.Sqrt(g, op.Add(g, op.ReduceMean(g, pixels, [1, 2, 3]), 2));
  const directions = Float32Array.from({ length: 32 }, (_, i) => i + 1);
  const embeds = op.Add(
    g,
    op.Mul(g, op.Reshape(g, root, [-1, 1]), g.initializer('directions', directions, [1, 32])),
    g.initializer('bias', directions.toReversed(), [1, 32]),
  );
  g.output(embeds, 'image_embeds', ['batch', 32]);
  await writeFile(join(dir, 'onnx', 'vision_model.onnx'), writeModel(g));
}
