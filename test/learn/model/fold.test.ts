import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import type { CnnConfig } from '../../../gpu-embedder/common/model-folder/config.ts';
import { foldWeights } from '../../../gpu-embedder/learn/model/fold.ts';
import { imageTower } from '../../../gpu-embedder/learn/model/image-tower.ts';
import {
  StoredParameters,
  TrainableParameters,
} from '../../../gpu-embedder/learn/model/parameters.ts';
import { Graph } from '../../../gpu-embedder/learn/onnx/graph.ts';
import { writeModel } from '../../../gpu-embedder/learn/onnx/model-proto.ts';
import { createRandom } from '../../../gpu-embedder/common/random.ts';

const config: CnnConfig = {
  kind: 'cnn',
  imageSize: 16,
  stem: 4,
  channels: [8, 12],
  blocks: [1, 2],
};
const embedDim = 10;
const batch = 6;
const shape = [batch, 3, 16, 16];

async function run(g: Graph, feeds: Record<string, ort.Tensor>) {
  const session = await ort.InferenceSession.create(writeModel(g));
  return session.run(feeds);
}

test('the folded tower equals the training tower at the statistics of the batch', async () => {
  const random = createRandom(4);
  const data = Float32Array.from({ length: batch * 3 * 256 }, () => random.normal());
  const pixels = new ort.Tensor('float32', data, shape);

  const training = new Graph();
  const p = new TrainableParameters(training, 7);
  training.output(imageTower(p, training.input('pixels', shape), config, embedDim), 'embeds');
  p.statistics.forEach(({ name, value }) => training.output(value, name));
  for (const { name, data: values } of p.list) {
    // Move everything off its start, so that a forgotten scale or bias shows.
    if (/bias|norm/.test(name)) values.forEach((v, i) => (values[i] = v + 0.3 * random.normal()));
  }
  const feeds = Object.fromEntries(
    p.list.map(({ name, data: d, shape: s }) => [name, new ort.Tensor('float32', d, s)]),
  );
  const expected = await run(training, { ...feeds, pixels });

  const weights = new Map(
    p.list.map(({ name, shape: s, data: d }) => [name, { shape: s, data: d }]),
  );
  for (const { name, value } of p.statistics) {
    weights.set(name, { shape: value.shape, data: expected[name].data as Float32Array });
  }
  const folded = new Graph();
  const stored = new StoredParameters(folded, foldWeights(weights));
  folded.output(imageTower(stored, folded.input('pixels', shape), config, embedDim), 'embeds');
  const actual = await run(folded, { pixels });

  const [a, b] = [actual['embeds'].data, expected['embeds'].data] as Float32Array[];
  // float16 storage costs three digits.
  a.forEach((value, i) => expect(value).toBeCloseTo(b[i], 2));
});
