import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DiptychError } from '../../../../src/errors.ts';
import type { TokenizerJson } from '../../../../src/text/tokenizer-json.ts';
import { readImageRule } from '../../../common/model-folder/image-rule.ts';
import { checkTokenizer } from '../../../common/model-folder/check-tokenizer.ts';
import { describeModel } from '../../../common/model-folder/model-description.ts';
import { modelDir } from '../../../common/model-folder/model-dir.ts';
import { readModelFiles } from '../../../common/model-folder/model-files.ts';
import { takesPreparedPixels } from '../../../data/prepared/prepared-rgb.ts';
import { trainTokenizer } from '../../model/tokenizer-trainer.ts';
import { singleCaptions } from '../batch/captions.ts';
import type { TrainConfig } from '../recipe/config.ts';
import type { TextInputSpec } from '../batch/text-input.ts';
import { openTextInput } from '../batch/text-input.ts';
import { readJson } from '../report/read-run.ts';
import type { TrainingSet } from '../batch/training-set.ts';
import { validationText } from '../step/validation.ts';

/**
 * Settle how captions become tokens: with a tokenizer that is learnt from them, or with that of the
 * model that the run starts from.
 *
 * @throws DiptychError `unreadable_source` if no caption has a token
 */
export async function settleText(
  runDir: string,
  config: TrainConfig,
  set: TrainingSet,
  resume: boolean,
): Promise<TextInputSpec> {
  const spec =
    'architecture' in config
      ? await learntTokenizer(runDir, config.architecture.text, set, resume)
      : await modelTokenizer(config.init.model, set);
  await checkCaptions(spec, set);
  return spec;
}

async function learntTokenizer(
  runDir: string,
  { vocabSize, contextLength }: { readonly vocabSize: number; readonly contextLength: number },
  set: TrainingSet,
  resume: boolean,
): Promise<TextInputSpec> {
  const path = join(runDir, 'tokenizer.json');
  if (resume && existsSync(path)) {
    // `createTokenizer` refuses what has not this shape.
    const tokenizer = checkTokenizer(path, readJson(path)) as TokenizerJson;
    return { kind: 'scratch', tokenizer, contextLength };
  }
  const tokenizer = trainTokenizer(weightedCaptions(set), { vocabSize });
  await writeFile(path, JSON.stringify(tokenizer));
  return { kind: 'scratch', tokenizer, contextLength };
}

/** Make rows as long as the longest caption: the cost of a caption grows with the length of its row. */
async function modelTokenizer(model: string, set: TrainingSet): Promise<TextInputSpec> {
  const dir = await modelDir(model);
  const files = await readModelFiles(dir);
  const description = describeModel(files);
  const { family, contextLength } = description;
  if (!takesPreparedPixels({ imageRule: readImageRule(files, description) }, set.dataset)) {
    process.stderr.write(
      `warning: ${set.dataset.dir} was not prepared for ${model}, which will see images in another ` +
        `size or cut; prepare it with --for ${model}\n`,
    );
  }
  const whole: TextInputSpec = { kind: 'model', dir, sequence: contextLength };
  // SigLIP was trained on texts that are all padded to the full length.
  if (family === 'siglip') return whole;
  const { tokenise } = await openTextInput(whole);
  let longest = 1;
  for (const caption of captionsOf(set)) longest = Math.max(longest, tokenise(caption).length);
  return { ...whole, sequence: longest };
}

/** Check at most this many captions: enough to find a problem, within a second. */
const captionsChecked = 20_000;

async function checkCaptions(spec: TextInputSpec, set: TrainingSet): Promise<void> {
  const { tokenise } = await openTextInput(spec);
  const nothing = tokenise('').length;
  const captions = [...captionsOf(set)];
  const stride = Math.ceil(captions.length / captionsChecked);
  const checked = captions.filter((_, i) => i % stride === 0);
  const empty = checked.filter((caption) => tokenise(caption).length <= nothing).length;
  if (empty === 0) return;
  const found = `${set.dataset.dir}: ${empty} of ${checked.length} captions looked at have no token`;
  if (empty === checked.length) {
    throw new DiptychError('unreadable_source', `${found}: expected words to learn from`);
  }
  process.stderr.write(`warning: ${found}; they teach nothing\n`);
}

function* captionsOf(set: TrainingSet): Generator<string> {
  for (const item of set.training) {
    yield* singleCaptions(set.dataset.items[item], set.subjects[set.subjectOf[item]].concept);
  }
  for (const item of set.validation) yield validationText(set, item);
}

/** List the texts that the tokenizer learns from. English counts more, since people type it more. */
function* weightedCaptions({
  subjects,
  dataset,
}: TrainingSet): Generator<{ text: string; weight: number }> {
  for (const { concept, items } of subjects) {
    for (const text of concept.names) yield { text, weight: 3 };
    for (const text of concept.keywords) yield { text, weight: 2 };
    for (const { names, keywords } of Object.values(concept.languages)) {
      for (const text of names) yield { text, weight: 1 };
      for (const text of keywords) yield { text, weight: 1 };
    }
    for (const i of items) {
      for (const text of dataset.items[i].captions) yield { text, weight: 1 };
    }
  }
}
