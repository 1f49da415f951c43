import { DiptychError } from '../../../src/errors.ts';
import {
  classificationMetrics,
  type ClassificationMetrics,
} from '../../../src/metrics/classification.ts';
import type { PreparedDataset } from '../../data/prepared/read-dataset.ts';
import { chooseItems, sampleItems, type ItemChoice } from '../embeddings/choose-items.ts';
import { scoreClasses } from '../queries/class-scores.ts';
import { labelOf, ownClasses, type Classes, type Level } from '../queries/classes.ts';
import {
  embedGallery,
  subGallery,
  type EvaluatedModel,
  type Gallery,
} from '../embeddings/gallery.ts';
import { defaultTemplates, type Template } from '../queries/templates.ts';

export interface ClassificationOptions extends ItemChoice, PromptOptions {
  /** Number of images in the sample, which is always the same; all by default. */
  readonly limit?: number;
}

interface PromptOptions {
  /** Label of pictograms; their group by default. */
  readonly level?: Level;
  /** The labels of the data set by default. */
  readonly classes?: Classes;
  readonly templates?: readonly Template[];
  readonly threads?: number;
}

export interface ClassificationResult {
  /** Number of images. */
  readonly n: number;
  /** Number of classes with an image in the set and split; the others are left out. */
  readonly classes: number;
  readonly emptyClasses: number;
  readonly metrics: ClassificationMetrics;
}

/**
 * Measure zero-shot classification: an image gets the class with the nearest prompts.
 *
 * @throws DiptychError `not_prepared`, `unreadable_source` for a label that has no class
 */
export async function evaluateClassification(
  model: EvaluatedModel,
  dataset: PreparedDataset,
  options: ClassificationOptions,
): Promise<ClassificationResult> {
  const { level = 'group', classes = ownClasses(dataset, level) } = options;
  const chosen = chooseItems(dataset, options);
  const labelled = [...classesOfItems(dataset, chosen, classes, level).keys()];
  const gallery = await embedGallery(model, dataset, sampleItems(labelled, options.limit));
  return measureClassification(model, gallery, { ...options, among: labelled });
}

/**
 * Measure on embedded images; images without a label are left out.
 *
 * @param options - `among`: ordinals of the items whose classes compete; the gallery's by default
 * @throws DiptychError as {@link evaluateClassification}
 */
export async function measureClassification(
  model: EvaluatedModel,
  gallery: Gallery,
  options: PromptOptions & { readonly among?: readonly number[] },
): Promise<ClassificationResult> {
  const { dataset, items: all } = gallery;
  const { level = 'group', among = all } = options;
  const { classes = ownClasses(dataset, level) } = options;
  const { templates = defaultTemplates(dataset.manifest.kind) } = options;
  const classOf = classesOfItems(dataset, all, classes, level);
  const occurring = classesOfItems(dataset, among, classes, level).values();
  const used = [...new Set(occurring)].sort((a, b) => a - b);
  const items = [...classOf.keys()];
  const scores = await scoreClasses(model, subGallery(gallery, items), {
    names: used.map((index) => classes.names[index]),
    namesAre: classes.namesAre,
    templates,
    threads: options.threads,
  });
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
  level: Level,
): ReadonlyMap<number, number> {
  const classOf = new Map<number, number>();
  for (const ordinal of items) {
    const item = dataset.items[ordinal];
    const label = labelOf(dataset, item, level);
    if (label === undefined) continue;
    const found = ofLabel.get(label);
    if (found === undefined) {
      throw new DiptychError(
        'unreadable_source',
        `${item.id}: its label ${JSON.stringify(label)} is not one of the ${names.length} classes`,
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
