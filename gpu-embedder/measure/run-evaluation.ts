import { DiptychError } from '../../src/errors.ts';
import { openDataset, type PreparedDataset } from '../data/prepared/read-dataset.ts';
import type { SessionOptions } from '../learn/onnx/session.ts';
import type { BenchmarkResult } from './results/benchmark-result.ts';
import type { ItemChoice } from './embeddings/choose-items.ts';
import { readClasses, type Level } from './queries/classes.ts';
import { evaluateClassification } from './tasks/evaluate-classification.ts';
import { evaluateImageRetrieval } from './tasks/evaluate-image-retrieval.ts';
import { evaluateKeywords } from './tasks/evaluate-keywords.ts';
import { evaluateMisspelt } from './tasks/evaluate-misspelt.ts';
import { evaluateRetrieval } from './tasks/evaluate-retrieval.ts';
import type { EvaluatedModel } from './embeddings/gallery.ts';
import { openEvaluatedModel } from './embeddings/open-evaluated-model.ts';
import { openSet } from './open-set.ts';
import { readTemplates } from './queries/templates.ts';
import { writeSheet } from './results/write-sheet.ts';

export type Task = 'retrieval' | 'keywords' | 'image-retrieval' | 'classification';

export interface EvaluationOptions extends ItemChoice, SessionOptions {
  /** Model folder, or the id of a hub model. */
  readonly model: string;
  /** Measure the int8 weights that run at the edge, on their kernels. */
  readonly edge?: boolean;
  readonly task: Task;
  /** Prepared data set; the one that holds `set` by default. */
  readonly data?: string;
  /** Number of images in the sample, which is always the same; all by default. */
  readonly limit?: number;
  readonly ks: readonly number[];
  readonly languages?: readonly string[] | 'all';
  /** Measure retrieval by texts with and without a typing error. */
  readonly typos?: boolean;
  /** Set whose images are the queries of image retrieval. */
  readonly queries?: string;
  /** Path of the contact sheet of the worst queries, .html or .png. */
  readonly sheet?: string;
  /** Number of queries on the sheet. */
  readonly worst: number;
  readonly level?: Level;
  /** Path of a file of classes, see {@link readClasses}. */
  readonly labels?: string;
  /** Path of a file of prompts, see {@link readTemplates}. */
  readonly templates?: string;
}

type Measured = Omit<BenchmarkResult, 'dataset' | 'model' | 'pretrained'>;
type Measure = (
  model: EvaluatedModel,
  dataset: PreparedDataset,
  options: EvaluationOptions,
) => Promise<readonly Measured[]>;

const defaultSet = 'fluent-emoji-flat';

const measures: Readonly<Record<Task, Measure>> = {
  retrieval: (model, dataset, options) =>
    (options.typos === true ? measureMisspelt : measureRetrieval)(model, dataset, options),
  keywords: async (model, dataset, options) =>
    withTask('zeroshot_keyword_retrieval', await evaluateKeywords(model, dataset, options)),
  'image-retrieval': measureImages,
  classification: measureClassification,
};

/**
 * Open a model and a data set and measure a task.
 *
 * @returns one result a language; image retrieval and classification have one result
 * @throws DiptychError `unreadable_model`, `not_prepared`, `invalid_option`, `unreadable_source`
 * @example
 * const [english] = await runEvaluation({
 *   model: 'models/pictogram',
 *   task: 'retrieval',
 *   set: 'twemoji',
 *   ks: [1, 5],
 *   worst: 0,
 * });
 * console.log(english.metrics['image_retrieval_recall@5']);
 */
export async function runEvaluation(options: EvaluationOptions): Promise<BenchmarkResult[]> {
  const { data, set = data === undefined ? defaultSet : undefined } = options;
  const dataset = data === undefined ? await openSet(set ?? defaultSet) : openDataset(data);
  const model = await openEvaluatedModel(options.model, options);
  try {
    const measured = await measures[options.task](model, dataset, { ...options, set });
    const name = set ?? dataset.manifest.name;
    const identity = { dataset: name, model: model.id, pretrained: options.model };
    return measured.map((one) => ({ ...identity, ...one }));
  } finally {
    await model.dispose();
  }
}

async function measureRetrieval(
  model: EvaluatedModel,
  dataset: PreparedDataset,
  { sheet, worst: asked, ...options }: EvaluationOptions,
): Promise<Measured[]> {
  const worst = sheet === undefined ? 0 : asked;
  const measured = await evaluateRetrieval(model, dataset, { ...options, worst });
  if (sheet !== undefined) {
    const queries = measured
      .flatMap((result) => result.worst)
      .sort((a, b) => b.rank - a.rank)
      .slice(0, worst);
    const title = `Worst queries of ${model.id} on ${options.set ?? dataset.manifest.name}`;
    await writeSheet(sheet, title, dataset, queries);
    process.stderr.write(`${sheet}: the ${queries.length} worst queries\n`);
  }
  return withTask(
    'zeroshot_retrieval',
    measured.map(({ worst: _worst, ...result }) => result),
  );
}

const measureMisspelt: Measure = async (model, dataset, options) =>
  withTask('zeroshot_retrieval', await evaluateMisspelt(model, dataset, options));

async function measureImages(
  model: EvaluatedModel,
  dataset: PreparedDataset,
  { queries: set, ...options }: EvaluationOptions,
): Promise<Measured[]> {
  if (set === undefined) {
    throw new DiptychError(
      'invalid_option',
      'image retrieval: expected a set of queries, got none',
    );
  }
  const holds = options.data !== undefined || dataset.items.some((item) => item.set === set);
  const queries = { dataset: holds ? dataset : await openSet(set), set };
  const measured = await evaluateImageRetrieval(model, dataset, { ...options, queries });
  return withTask('image_to_image_retrieval', [{ language: 'en', ...measured }]);
}

async function measureClassification(
  model: EvaluatedModel,
  dataset: PreparedDataset,
  { labels, templates, level: asked, ...options }: EvaluationOptions,
): Promise<Measured[]> {
  const isPictograms = dataset.manifest.kind === 'pictograms';
  if (asked !== undefined && !isPictograms) {
    const problem = `--level ${asked}: expected pictograms, got ${dataset.dir}, a data set of kind ${dataset.manifest.kind}`;
    throw new DiptychError('invalid_option', problem);
  }
  const level = asked ?? 'group';
  const { metrics, ...counts } = await evaluateClassification(model, dataset, {
    ...options,
    level,
    ...(labels === undefined ? {} : { classes: await readClasses(labels) }),
    ...(templates === undefined ? {} : { templates: await readTemplates(templates) }),
  });
  const labelledBy = isPictograms ? { level } : {};
  const result = { metrics: { ...metrics }, language: 'en', ...labelledBy, ...counts };
  return withTask('zeroshot_classification', [result]);
}

function withTask(
  task: BenchmarkResult['task'],
  results: readonly Omit<Measured, 'task'>[],
): Measured[] {
  return results.map(({ metrics, language, ...counts }) => ({
    task,
    metrics,
    language,
    ...counts,
  }));
}
