import type { TokenizerJson } from '../../../../src/text/tokenizer-json.ts';
import { exportModel } from '../../model/export-model.ts';
import { foldWeights } from '../../model/fold.ts';
import type { Slot } from '../step/adamw.ts';
import type { ScratchConfig } from '../recipe/config.ts';

/**
 * Write the averaged weights of a run from scratch as a model folder.
 *
 * @param config - its `vocabSize` must be that of the tokenizer
 */
export async function exportCheckpoint(
  dir: string,
  slots: readonly Slot[],
  { modelId, architecture, logitScale = Math.log(20) }: ScratchConfig,
  tokenizer: TokenizerJson,
): Promise<void> {
  const weights = foldWeights(
    new Map(slots.map(({ name, shape, average }) => [name, { shape, data: average }])),
  );
  await exportModel(dir, {
    modelId,
    config: architecture,
    weights,
    logitScale: weights.get('logit_scale')?.[0] ?? logitScale,
    tokenizer,
  });
}
