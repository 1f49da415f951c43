import { createTokenizer } from '../../../src/text/tokenizer.ts';
import { Graph } from '../onnx/graph.ts';
import type { DualEncoderConfig } from '../../common/model-folder/config.ts';
import { exportModel } from './export-model.ts';
import { foldWeights } from './fold.ts';
import { imageTower } from './image-tower.ts';
import { TrainableParameters } from './parameters.ts';
import { textTower } from './text-tower.ts';
import { trainTokenizer } from './tokenizer-trainer.ts';

const captions = ['birthday cake', 'angry face', 'airplane', 'music note', 'red heart', 'dog',
  'cat face', 'shopping cart', 'cerveza', 'pastel de cumpleaños', '犬', '誕生日ケーキ', 'house']; // prettier-ignore

/** Write a small model with random weights: every part works, but its results mean nothing. */
export async function writeTinyModel(
  dir: string,
  { seed = 1 }: { seed?: number } = {},
): Promise<void> {
  const tokenizer = trainTokenizer(
    captions.map((text) => ({ text })),
    { vocabSize: 400 },
  );
  const contextLength = 16;
  const { vocabSize } = createTokenizer(tokenizer, { contextLength });
  const config: DualEncoderConfig = {
    embedDim: 32,
    image: { kind: 'cnn', imageSize: 32, stem: 4, channels: [8, 16], blocks: [1, 1] },
    text: {
      kind: 'transformer',
      vocabSize,
      contextLength,
      width: 32,
      depth: 1,
      heads: 2,
      mlpRatio: 4,
    },
  };
  const g = new Graph();
  const p = new TrainableParameters(g, seed);
  const size = config.image.imageSize;
  imageTower(p, g.input('pixels', [2, 3, size, size]), config.image, config.embedDim);
  textTower(p, g.input('ids', [2, contextLength], 'int32'), config.text, config.embedDim);
  const weights = new Map(p.list.map(({ name, shape, data }) => [name, { shape, data }] as const));
  for (const { name, value } of p.statistics) {
    const data = new Float32Array(value.shape[1]).fill(name.endsWith('variance') ? 1 : 0);
    weights.set(name, { shape: value.shape, data });
  }
  await exportModel(dir, {
    modelId: 'tiny',
    config,
    weights: foldWeights(weights),
    logitScale: Math.log(20),
    tokenizer,
  });
}
