/**
 * Measure all qualities of the starter model, from pixels alone, on styles that it was never trained
 * on: `node --import tsx scripts/measure-pictogram.ts --help`.
 *
 * `--styles train` prints the same rows for training styles, on which settings are chosen.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { openDataset, type PreparedDataset } from '../gpu-embedder/data/prepared/read-dataset.ts';
import { meanMetrics, type Metrics } from '../gpu-embedder/measure/results/benchmark-result.ts';
import { chooseItems } from '../gpu-embedder/measure/embeddings/choose-items.ts';
import { measureClassification } from '../gpu-embedder/measure/tasks/evaluate-classification.ts';
import { measureImageRetrieval } from '../gpu-embedder/measure/tasks/evaluate-image-retrieval.ts';
import { measureKeywords } from '../gpu-embedder/measure/tasks/evaluate-keywords.ts';
import { measureMisspelt } from '../gpu-embedder/measure/tasks/evaluate-misspelt.ts';
import { measureRetrieval } from '../gpu-embedder/measure/tasks/evaluate-retrieval.ts';
import {
  embedGallery,
  type EvaluatedModel,
  type Gallery,
} from '../gpu-embedder/measure/embeddings/gallery.ts';
import { languagesOf } from '../gpu-embedder/measure/queries/item-texts.ts';
import { openEvaluatedModel } from '../gpu-embedder/measure/embeddings/open-evaluated-model.ts';
import { cacheTextEmbeddings } from '../gpu-embedder/measure/embeddings/cache-text-embeddings.ts';
import { edgeWeights } from '../gpu-embedder/learn/model/edge-weights.ts';
import { pictogramBars } from './pictogram-bars.ts';

const styles = {
  unseen: {
    emoji: 'fluent-emoji-flat',
    mono: 'fluent-emoji-high-contrast',
    icons: 'ph',
    queries: 'twemoji',
  },
  train: { emoji: 'twemoji', mono: 'emojione-monotone', icons: 'lucide', queries: 'noto' },
} as const;

type Sets = (typeof styles)[keyof typeof styles];
/** Values by the name of their row; shares are 0 to 1, sizes are in MB. */
type Values = ReadonlyMap<string, number>;

interface Row {
  readonly name: string;
  readonly bar: number | null;
  /** Value with float32 weights. */
  readonly value: number;
  readonly int8: number | null;
}

const ks = [1, 5, 10];
const gapRow = 'keywords: en less that mean';
const lostRow = 'names with a typo: hit@5 lost';
const recall = (k: number) => `image_retrieval_recall@${k}`;
const misspelt = (k: number) => `misspelt_image_retrieval_recall@${k}`;

const flags = new Command('measure-pictogram')
  .option('--model <dir>', 'model folder', 'models/pictogram')
  .option('--data <dir>', 'prepared corpus', '.diptych/data/pictograms')
  .addOption(new Option('--styles <which>').choices(Object.keys(styles)).default('unseen'))
  .option('--edge', 'measure the int8 weights of the edge beside the float32 ones')
  .option('--json', 'print the rows as one line of JSON instead of a table')
  .parse()
  .opts<{
    model: string;
    data: string;
    styles: keyof typeof styles;
    edge?: boolean;
    json?: boolean;
  }>();

const sets = styles[flags.styles];
const dataset = openDataset(flags.data);
const sizes = await measureSizes(flags.model);
const float32 = await measureWith(false);
const int8 = flags.edge === true ? await measureWith(true) : undefined;
const rows: readonly Row[] = [...float32, ...sizes].map(([name, value]) => ({
  name,
  bar: flags.styles === 'unseen' || sizes.has(name) ? (pictogramBars[name] ?? null) : null,
  value,
  int8: int8?.get(name) ?? null,
}));
process.stdout.write(
  flags.json === true
    ? `${JSON.stringify({ model: flags.model, styles: flags.styles, rows })}\n`
    : table(),
);

async function measureWith(edge: boolean): Promise<Values> {
  const model = cacheTextEmbeddings(await openEvaluatedModel(flags.model, { edge }));
  try {
    return await measure(model, dataset, sets);
  } finally {
    await model.dispose();
  }
}

async function measure(model: EvaluatedModel, data: PreparedDataset, sets: Sets): Promise<Values> {
  const embed = (set: string) => embedGallery(model, data, chooseItems(data, { set }));
  const emoji = await embed(sets.emoji);
  return new Map([
    ...recallRows(sets.emoji, ks, (await measureRetrieval(model, emoji, 'en', { ks })).metrics),
    ...(await monoAndIcons(model, data, sets)),
    ...(await keywordRows(model, emoji)),
    ...(await misspeltRows(model, emoji)),
    ...(await imageRows(model, emoji, sets.queries)),
    ...(await classRows(model, emoji)),
  ]);
}

async function monoAndIcons(model: EvaluatedModel, data: PreparedDataset, sets: Sets) {
  const rows: [string, number][] = [];
  for (const [set, shown] of [
    [sets.mono, [10]],
    [sets.icons, ks],
  ] as const) {
    const gallery = await embedGallery(model, data, chooseItems(data, { set }));
    const { metrics } = await measureRetrieval(model, gallery, 'en', { ks });
    rows.push(...recallRows(set, shown, metrics));
  }
  return rows;
}

function recallRows(set: string, shown: readonly number[], metrics: Metrics): [string, number][] {
  return shown.map((k) => [`${set}: text to image R@${k}`, metrics[recall(k)]]);
}

async function keywordRows(model: EvaluatedModel, gallery: Gallery): Promise<[string, number][]> {
  const languages = languagesOf(gallery.dataset, gallery.items);
  const results = [];
  for (const language of languages) {
    results.push(await measureKeywords(model, gallery, language, { ks }));
  }
  const [english, ...others] = results;
  const hit = english.metrics[recall(5)];
  const mean = meanMetrics(others)[recall(5)];
  return [
    ['keywords en: hit@5', hit],
    [`keywords, mean of ${others.length} other languages: hit@5`, mean],
    [gapRow, hit - mean],
    ...others.map(({ language, metrics }): [string, number] => [
      `keywords ${language}: hit@5`,
      metrics[recall(5)],
    ]),
  ];
}

async function misspeltRows(model: EvaluatedModel, gallery: Gallery): Promise<[string, number][]> {
  const { metrics } = await measureMisspelt(model, gallery, 'en', { ks });
  const [clean, typed] = [metrics[recall(5)], metrics[misspelt(5)]];
  return [
    ['names with a typo: hit@5', typed],
    ['the same names without: hit@5', clean],
    [lostRow, clean - typed],
  ];
}

async function imageRows(
  model: EvaluatedModel,
  gallery: Gallery,
  set: string,
): Promise<[string, number][]> {
  const { dataset: data, items } = gallery;
  const wanted = new Set(items.map((ordinal) => data.items[ordinal].concept));
  const asked = chooseItems(data, { set }).filter((i) => wanted.has(data.items[i].concept));
  const queries = await embedGallery(model, data, asked);
  const { metrics } = await measureImageRetrieval(queries, gallery, { ks });
  return [[`image to image, query ${set}: R@1`, metrics['image_to_image_recall@1']]];
}

async function classRows(model: EvaluatedModel, gallery: Gallery): Promise<[string, number][]> {
  const rows: [string, number][] = [];
  for (const level of ['group', 'subgroup'] as const) {
    const { metrics, classes } = await measureClassification(model, gallery, { level });
    rows.push([`zero-shot, ${classes} ${level}s: accuracy`, metrics.acc1]);
  }
  return rows;
}

async function measureSizes(model: string): Promise<Values> {
  const files = await readdir(model, { recursive: true });
  const stats = await Promise.all(files.map((file) => stat(join(model, file))));
  const bytes = stats.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
  const { text, image } = await edgeWeights(model);
  return new Map([
    ['model folder', bytes / 1e6],
    ['text tower at the edge', text.length / 1e6],
    ['image tower at the edge', image.length / 1e6],
  ]);
}

/** Format the rows in Markdown: shares in percent, sizes in MB. */
function table(): string {
  const both = int8 !== undefined;
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const heading = [
    `${flags.styles} styles, %`,
    'float32',
    ...(both ? ['int8', 'change'] : []),
    'bar',
    'met',
  ];
  const cells = (row: Row): string[] => {
    const { name, bar, value, int8: quantised } = row;
    const show = (x: number | null) => (x === null ? '' : format(name, x));
    const change = quantised === null ? null : quantised - value;
    const sign = (change ?? -1) >= 0 ? '+' : '';
    const int8Cells = both ? [show(quantised), `${sign}${show(change)}`] : [];
    return [name, show(value), ...int8Cells, show(bar), met(row)];
  };
  return (
    line(heading) + line(heading.map(() => '---')) + rows.map((row) => line(cells(row))).join('')
  );
}

function format(name: string, value: number): string {
  return sizes.has(name) ? `${value.toFixed(2)} MB` : (100 * value).toFixed(1);
}

function met({ name, bar, value, int8: quantised }: Row): string {
  if (bar === null) return '';
  const atMost = sizes.has(name) || name === gapRow || name === lostRow;
  const holds = (x: number) => (atMost ? x <= bar : x >= bar);
  if (!holds(value)) return 'no';
  return quantised === null || holds(quantised) ? 'yes' : 'float32 alone';
}
