import type { TrainConfig } from './config.ts';
import type { TextInputSpec } from './text-input.ts';
import type { TrainingModel } from './training-model.ts';
import { scratchModel } from './training-model.ts';

/** Open the model that a run trains. */
export async function openTrainingModel(
  config: TrainConfig,
  text: TextInputSpec,
): Promise<TrainingModel> {
  if ('architecture' in config && text.kind === 'scratch') {
    return scratchModel(config, text.tokenizer);
  }
  throw new Error('not yet');
}
