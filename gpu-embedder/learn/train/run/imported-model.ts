import { DiptychError } from '../../../../src/errors.ts';
import { readImageRule } from '../../../common/model-folder/image-rule.ts';
import { describeModel } from '../../../common/model-folder/model-description.ts';
import type { ModelFiles } from '../../../common/model-folder/model-files.ts';
import { hashModel, readModelFiles } from '../../../common/model-folder/model-files.ts';
import { exportImported } from '../../model/import/export-imported.ts';
import type { ImportedTower } from '../../model/import/imported-tower.ts';
import { openImportedTower } from '../../model/import/imported-tower.ts';
import type { FineTuneConfig, TrainChoice } from '../recipe/config.ts';
import { isLearning } from '../step/slots.ts';
import type { Modality } from '../../model/tower.ts';
import type { TrainingModel } from './training-model.ts';

/**
 * Open an existing model to train it further.
 *
 * @param dir - the folder of the model
 * @param sequence - tokens of a row
 * @throws DiptychError `unreadable_model`; `invalid_graph`, whose message says what can be trained
 */
export async function importedModel(
  { init, modelId, logitScale }: FineTuneConfig,
  dir: string,
  sequence: number,
): Promise<TrainingModel> {
  const files = await readModelFiles(dir);
  const description = describeModel(files);
  const { imageSize } = description;
  const { preprocessing } = readImageRule(files, description);
  const whole = {
    image: await openImportedTower(files.visionModel, 'image', { imageSize }),
    text: await openImportedTower(files.textModel, 'text', { sequence }),
  };
  checkTokenizer(files, whole.text.tokenIdLimit);
  const frozenFeatures = frozenBy(init.train);
  const towers = {
    image: learningPart(whole.image, init.train, frozenFeatures),
    text: learningPart(whole.text, init.train, frozenFeatures),
  };
  return {
    hash: await hashModel(files),
    tower: (modality) => towers[modality],
    logitScale: logitScale ?? description.logitScale,
    imageSize,
    normalisation: preprocessing,
    weights: new Map([...whole.image.weights, ...whole.text.weights]),
    learning: init.train === 'text' ? ['text'] : ['image', 'text'],
    frozenFeatures,
    isComplete: () => true,
    save: async (outDir, store) => {
      const learnt = [...store.values()].filter(
        (slot) =>
          isLearning(slot) && (/^(image|text)\//.test(slot.name) || slot.name === 'logit_scale'),
      );
      const weights = new Map(learnt.map(({ name, average }) => [name, average]));
      await exportImported(dir, outDir, weights, { modelId });
    },
  };
}

/** List the towers whose features do not change with this choice. */
function frozenBy(train: TrainChoice): readonly Modality[] {
  if (train === 'heads') return ['image', 'text'];
  return train === 'text' ? ['image'] : [];
}

function learningPart(
  tower: ImportedTower,
  train: TrainChoice,
  frozenFeatures: readonly Modality[],
): ImportedTower {
  if (frozenFeatures.includes(tower.modality)) return tower.choose('heads');
  if (train === 'all' || train === 'text' || train === 'heads') return tower.choose('all');
  return tower.choose({ last: Number(train.slice('last:'.length)) });
}

/** Refuse a tokenizer of another model, whose ids may not be in the token table. */
function checkTokenizer({ dir, tokenizer, textModel }: ModelFiles, limit: number | null): void {
  const { vocab } = (tokenizer as { model?: { vocab?: object } }).model ?? {};
  if (limit === null || !vocab) return;
  const size = Array.isArray(vocab) ? vocab.length : Object.keys(vocab).length;
  if (size <= limit) return;
  throw new DiptychError(
    'unreadable_model',
    `${dir}/tokenizer.json does not belong to ${textModel}: it has ${size} tokens, the token table ${limit} rows`,
  );
}
