import { exportModel } from '../model/export-model.ts';
import { foldWeights } from '../model/fold.ts';
import { createTokenizer } from '../../src/text/tokenizer.ts';
import type { TokenizerJson } from '../model/tokenizer-trainer.ts';
import type { Slot } from './adamw.ts';
import type { TrainConfig } from './config.ts';

/** Write the averaged weights of a run as a model folder. */
export async function exportCheckpoint(
  dir: string,
  slots: readonly Slot[],
  config: TrainConfig,
  tokenizer: TokenizerJson,
): Promise<void> {
  const weights = foldWeights(
    new Map(slots.map(({ name, shape, average }) => [name, { shape, data: average }])),
  );
  const { contextLength } = config.text;
  await exportModel(dir, {
    modelId: config.modelId,
    config: {
      embedDim: config.embedDim,
      image: config.image,
      text: { ...config.text, vocabSize: createTokenizer(tokenizer, { contextLength }).vocabSize },
    },
    weights,
    logitScale: weights.get('logit_scale')?.[0] ?? config.logitScale,
    tokenizer,
  });
}
