import { DiptychError } from '../../../../src/errors.ts';
import type { TrainConfig } from '../recipe/config.ts';
import { importedModel } from './imported-model.ts';
import type { TextInputSpec } from '../batch/text-input.ts';
import type { TrainingModel } from './training-model.ts';
import { scratchModel } from './training-model.ts';

/** Open the model that a run trains: from scratch with its tokenizer, or the one it starts from. */
export async function openTrainingModel(
  config: TrainConfig,
  text: TextInputSpec,
): Promise<TrainingModel> {
  if ('init' in config && text.kind === 'model') {
    return importedModel(config, text.dir, text.sequence);
  }
  if ('architecture' in config && text.kind === 'scratch') {
    return scratchModel(config, text.tokenizer);
  }
  throw new DiptychError('internal', `a run cannot take a tokenizer from ${text.kind}`);
}
