import { DiptychError } from '../../src/errors.ts';
import {
  classificationMetrics,
  type ClassificationMetrics,
} from '../../src/metrics/classification.ts';
import type { PreparedDataset } from '../dataset/read-dataset.ts';
import type { EmbeddingModel } from '../encode/load-model.ts';
import { normaliseRows } from '../encode/normalise-rows.ts';
import { chooseItems, sampleItems, type ItemChoice } from './choose-items.ts';
import { labelOf, ownClasses, type Classes } from './classes.ts';
import { embedItems } from './embed-items.ts';
import { embedTexts } from './embed-texts.ts';
import { scoreRows } from './score-rows.ts';
import { defaultTemplates, type Template } from './templates.ts';
import { withProgress } from './with-progress.ts';

export interface ClassificationOptions extends ItemChoice {
  /** The labels of the data set by default. */
  readonly classes?: Classes;
  readonly templates?: readonly Template[];
  /** Number of images, drawn alike each time; all by default. */
  readonly limit?: number;
  readonly threads?: number;
}

export interface ClassificationResult {
  /** Number of images. */
  readonly n: number;
  /** Classes that some image of the set and split is of; the others are left out. */
  readonly classes: number;
  readonly emptyClasses: number;
  readonly metrics: ClassificationMetrics;
}

/**
 * Measure zero-shot classification: the class of an image is the one whose prompts it is nearest to.
 *
 * @throws DiptychError `not_prepared`, `unreadable_source` for a label that has no class
 */
export async function evaluateClassification(
  model: EmbeddingModel,
  dataset: PreparedDataset,
  options: ClassificationOptions,
): Promise<ClassificationResult> {
  const { classes = ownClasses(dataset), templates = defaultTemplates, threads } = options;
  const classOf = classesOfItems(dataset, chooseItems(dataset, options), classes);
  const used = [...new Set(classOf.values())].sort((a, b) => a - b);
  const names = used.map((index) => classes.names[index]);
  const centres = await embedClasses(model, names, templates);
  const items = sampleItems([...classOf.keys()], options.limit);
  const images = await withProgress('Encoding images', items.length, (update) =>
    embedItems(model, dataset, items, update),
  );
  const scores = new Float32Array(items.length * used.length);
  await scoreRows(images, centres, model.embedDim, threads, (image, row) =>
    scores.set(row, image * used.length),
  );
  const positions = new Map(used.map((index, position) => [index, position]));
  const labels = items.map((ordinal) => positions.get(classOf.get(ordinal)!)!);
  return {
    n: items.length,
    classes: used.length,
    emptyClasses: classes.names.length - used.length,
    metrics: classificationMetrics(scores, labels, used.length),
  };
}

/** @returns the class of each item that has a label, by ordinal */
function classesOfItems(
  dataset: PreparedDataset,
  items: readonly number[],
  { names, ofLabel }: Classes,
): ReadonlyMap<number, number> {
  const classOf = new Map<number, number>();
  for (const ordinal of items) {
    const item = dataset.items[ordinal];
    const label = labelOf(dataset, item);
    if (label === undefined) continue;
    const found = ofLabel.get(label);
    if (found === undefined) {
      throw new DiptychError(
        'unreadable_source',
        `${item.id}: its label ${JSON.stringify(label)} is none of the ${names.length} classes`,
      );
    }
    classOf.set(ordinal, found);
  }
  if (classOf.size > 0) return classOf;
  throw new DiptychError(
    'not_prepared',
    `${dataset.dir}: none of its ${items.length} images has a label to classify by; prepare it with labels`,
  );
}

/** @returns the normalised mean of the prompts of each class, [classes, embedDim] */
async function embedClasses(
  model: EmbeddingModel,
  classes: readonly (readonly string[])[],
  templates: readonly Template[],
): Promise<Float32Array> {
  const prompts = classes.map((names) =>
    names.flatMap((name) => templates.map((template) => template(name))),
  );
  const embedded = await embedTexts(model, prompts.flat());
  const dim = model.embedDim;
  const sums = new Float32Array(classes.length * dim);
  let row = 0;
  for (const [index, { length }] of prompts.entries()) {
    for (const last = row + length; row < last; row++) {
      for (let j = 0; j < dim; j++) sums[index * dim + j] += embedded[row * dim + j];
    }
  }
  return normaliseRows(sums, dim);
}
