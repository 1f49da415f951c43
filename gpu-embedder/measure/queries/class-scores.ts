import { normaliseRows } from '../../embed/normalise-rows.ts';
import type { Classes } from './classes.ts';
import { embedTexts } from '../embeddings/embed-texts.ts';
import type { EvaluatedModel, Gallery } from '../embeddings/gallery.ts';
import { scoreRows } from '../embeddings/score-rows.ts';
import type { Template } from './templates.ts';

export interface ClassPrompts extends Pick<Classes, 'names' | 'namesAre'> {
  readonly templates: readonly Template[];
  readonly threads?: number;
}

/**
 * Score every image with every class: log(sum over the parts of the class of exp(scale * cosine)),
 * with the scale that the model was trained with. A softmax of a row gives the probability of each
 * class, which is the sum over its parts. (CHiLS, Novack et al. 2023, also scores parts, but takes
 * the most probable one.) With one prompt a class, scores rank classes as cosines do.
 *
 * @returns [images, classes]
 */
export async function scoreClasses(
  model: EvaluatedModel,
  { items, embeddings, dim }: Gallery,
  { names, namesAre, templates, threads }: ClassPrompts,
): Promise<Float32Array> {
  const senses = names.map((own) => (namesAre === 'parts' ? own.map((name) => [name]) : [own]));
  const centres = await embedSenses(model, senses.flat(), templates);
  const scale = Math.exp(model.logitScale);
  const scores = new Float32Array(items.length * names.length);
  await scoreRows(embeddings, centres, dim, threads, (image, cosines) => {
    let first = 0;
    for (const [index, { length }] of senses.entries()) {
      const own = cosines.subarray(first, (first += length));
      scores[image * names.length + index] = logSumExp(own, scale);
    }
  });
  return scores;
}

/** @returns the normalised mean of the prompts of each sense, [senses, embedDim] */
async function embedSenses(
  model: EvaluatedModel,
  senses: readonly (readonly string[])[],
  templates: readonly Template[],
): Promise<Float32Array> {
  const prompts = senses.map((names) =>
    names.flatMap((name) => templates.map((template) => template(name))),
  );
  const embedded = await embedTexts(model, prompts.flat());
  const dim = model.embedDim;
  const sums = new Float32Array(senses.length * dim);
  let row = 0;
  for (const [index, { length }] of prompts.entries()) {
    for (const last = row + length; row < last; row++) {
      for (let j = 0; j < dim; j++) sums[index * dim + j] += embedded[row * dim + j];
    }
  }
  return normaliseRows(sums, dim);
}

function logSumExp(cosines: Float32Array, scale: number): number {
  const most = cosines.reduce((a, b) => Math.max(a, b));
  return scale * most + Math.log(cosines.reduce((sum, x) => sum + Math.exp(scale * (x - most)), 0));
}
