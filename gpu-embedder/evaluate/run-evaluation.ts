import { openDataset, type PreparedDataset } from '../dataset/read-dataset.ts';
import { loadModel, type EmbeddingModel } from '../encode/load-model.ts';
import type { SessionOptions } from '../onnx/session.ts';
import type { BenchmarkResult } from './benchmark-result.ts';
import type { ItemChoice } from './choose-items.ts';
import { readClasses } from './classes.ts';
import { evaluateClassification } from './evaluate-classification.ts';
import { evaluateRetrieval } from './evaluate-retrieval.ts';
import { openSet } from './open-set.ts';
import { readTemplates } from './templates.ts';
import { writeSheet } from './write-sheet.ts';

export interface EvaluationOptions extends ItemChoice, SessionOptions {
  /** Model folder, or the id of a hub model. */
  readonly model: string;
  readonly task: 'retrieval' | 'classification';
  /** Prepared data set; the one that holds `set` by default. */
  readonly data?: string;
  /** Number of images, drawn alike each time; all by default. */
  readonly limit?: number;
  readonly ks: readonly number[];
  readonly languages?: readonly string[] | 'all';
  /** File that the worst queries are drawn into, .html or .png. */
  readonly sheet?: string;
  /** Number of queries on the sheet. */
  readonly worst: number;
  /** File of classes. */
  readonly labels?: string;
  /** File of prompts. */
  readonly templates?: string;
}

type Measured = Omit<BenchmarkResult, 'dataset' | 'model' | 'pretrained'>;

const defaultSet = 'fluent-emoji-flat';

/** Open a model and a data set, and measure a task: a result of each language. */
export async function runEvaluation(options: EvaluationOptions): Promise<BenchmarkResult[]> {
  const { data, set = data === undefined ? defaultSet : undefined } = options;
  const dataset = data === undefined ? await openSet(set ?? defaultSet) : openDataset(data);
  const model = await loadModel(options.model, options);
  try {
    const measure = options.task === 'retrieval' ? measureRetrieval : measureClassification;
    const measured = await measure(model, dataset, { ...options, set });
    const name = set ?? dataset.manifest.name;
    const identity = { dataset: name, model: model.id, pretrained: options.model };
    return measured.map((one) => ({ ...identity, ...one }));
  } finally {
    await model.dispose();
  }
}

async function measureRetrieval(
  model: EmbeddingModel,
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
  return measured.map(({ metrics, language, n }) => ({
    task: 'zeroshot_retrieval',
    metrics,
    language,
    n,
  }));
}

async function measureClassification(
  model: EmbeddingModel,
  dataset: PreparedDataset,
  { labels, templates, ...options }: EvaluationOptions,
): Promise<Measured[]> {
  const { metrics, ...counts } = await evaluateClassification(model, dataset, {
    ...options,
    ...(labels === undefined ? {} : { classes: await readClasses(labels) }),
    ...(templates === undefined ? {} : { templates: await readTemplates(templates) }),
  });
  return [{ task: 'zeroshot_classification', metrics: { ...metrics }, language: 'en', ...counts }];
}
