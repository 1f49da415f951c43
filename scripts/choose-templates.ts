/**
 * Choose the words and templates for zero-shot classification of pictograms, measured on training
 * styles: `node --import tsx scripts/choose-templates.ts --help`.
 */
import { Command } from 'commander';
import { openDataset } from '../gpu-embedder/data/prepared/read-dataset.ts';
import { chooseItems } from '../gpu-embedder/measure/embeddings/choose-items.ts';
import { ownClasses, type Classes, type Level } from '../gpu-embedder/measure/queries/classes.ts';
import {
  emojiClassNames,
  plainWords,
  subgroupsOf,
} from '../gpu-embedder/measure/queries/emoji-class-names.ts';
import { measureClassification } from '../gpu-embedder/measure/tasks/evaluate-classification.ts';
import {
  embedGallery,
  type EvaluatedModel,
  type Gallery,
} from '../gpu-embedder/measure/embeddings/gallery.ts';
import { openEvaluatedModel } from '../gpu-embedder/measure/embeddings/open-evaluated-model.ts';
import { cacheTextEmbeddings } from '../gpu-embedder/measure/embeddings/cache-text-embeddings.ts';
import { toTemplate } from '../gpu-embedder/measure/queries/templates.ts';
import type { ClassificationMetrics } from '../src/metrics/classification.ts';

const levels: readonly Level[] = ['group', 'subgroup'];

const templateSets: Readonly<Record<string, readonly string[]>> = {
  bare: ['{}'],
  emoji: ['{} emoji'],
  pictures: ['{}', 'a picture of {}', 'an image of {}'],
  pictograms: ['{}', '{} emoji', '{} icon'],
  articles: ['{}', 'a {}', 'the {}'],
  all: ['{}', 'a {}', 'the {}', '{} emoji', '{} icon', 'icon of {}', 'picture of {}', '{} symbol'],
};

/** Ways to put the label of a class into words. */
const spellings: Readonly<
  Record<Level, Readonly<Record<string, (label: string) => readonly string[]>>>
> = {
  group: {
    'id with &': (label) => [label.replaceAll('-', ' & ')],
    'words of the id': (label) => label.split('-'),
    'ids of subgroups': (label) => subgroupsOf(label).map(spaced),
    'plain words': plainWords,
    'id and plain words': emojiClassNames,
  },
  subgroup: {
    'id with spaces': (label) => [spaced(label)],
    'last part first': (label) => [label.split('-').reverse().join(' ')],
    'first plain word': (label) => plainWords(label).slice(0, 1),
    'plain words': plainWords,
    'id and plain words': emojiClassNames,
  },
};

interface Row {
  readonly level: Level;
  readonly spelling: string;
  readonly namesAre: Classes['namesAre'];
  readonly templates: string;
  /** Means over the galleries, 0 to 1. */
  readonly acc1: number;
  readonly acc5: number;
  readonly meanPerClassRecall: number;
}

const flags = new Command('choose-templates')
  .option('--model <dir>', 'model folder', 'models/pictogram')
  .option('--data <dir>', 'prepared corpus', '.diptych/data/pictograms')
  .option('--sets <list>', 'galleries, all of them training sets', 'twemoji,noto,emojione-monotone')
  .option('--json', 'print the rows as JSON')
  .parse()
  .opts<{ model: string; data: string; sets: string; json?: boolean }>();

const dataset = openDataset(flags.data);
const model = cacheTextEmbeddings(await openEvaluatedModel(flags.model));
const galleries: Gallery[] = [];
for (const set of flags.sets.split(',')) {
  galleries.push(await embedGallery(model, dataset, chooseItems(dataset, { set })));
}
const rows: Row[] = [];
for (const level of levels) rows.push(...(await compare(model, galleries, level)));
await model.dispose();
rows.sort((a, b) => b.acc1 - a.acc1);
process.stdout.write(
  flags.json === true ? `${JSON.stringify(rows)}\n` : levels.map(table).join(''),
);

/** Measure every spelling with every set of templates. */
async function compare(
  model: EvaluatedModel,
  galleries: readonly Gallery[],
  level: Level,
): Promise<Row[]> {
  const { ofLabel } = ownClasses(galleries[0].dataset, level);
  const found: Row[] = [];
  for (const [spelling, namesOf] of Object.entries(spellings[level])) {
    const names = [...ofLabel.keys()].map(namesOf);
    const several = names.some(({ length }) => length > 1);
    for (const namesAre of several ? (['synonyms', 'parts'] as const) : (['synonyms'] as const)) {
      for (const [templates, lines] of Object.entries(templateSets)) {
        const classes: Classes = { ofLabel, names, namesAre };
        const options = { level, classes, templates: lines.map(toTemplate) };
        const means = await measureAll(model, galleries, options);
        found.push({ level, spelling, namesAre, templates, ...means });
      }
    }
  }
  return found;
}

async function measureAll(
  model: EvaluatedModel,
  galleries: readonly Gallery[],
  options: Parameters<typeof measureClassification>[2],
): Promise<Pick<Row, 'acc1' | 'acc5' | 'meanPerClassRecall'>> {
  const all: ClassificationMetrics[] = [];
  for (const gallery of galleries) {
    all.push((await measureClassification(model, gallery, options)).metrics);
  }
  const mean = (name: keyof ClassificationMetrics) =>
    all.reduce((sum, metrics) => sum + metrics[name], 0) / all.length;
  return {
    acc1: mean('acc1'),
    acc5: mean('acc5'),
    meanPerClassRecall: mean('mean_per_class_recall'),
  };
}

function table(level: Level): string {
  const percent = (x: number) => (100 * x).toFixed(1).padStart(7);
  const line = ({ spelling, namesAre, templates, ...metrics }: Row) =>
    `${spelling.padEnd(20)}${namesAre.padEnd(10)}${templates.padEnd(12)}` +
    `${percent(metrics.acc1)}${percent(metrics.acc5)}${percent(metrics.meanPerClassRecall)}\n`;
  return (
    `\n${level}, mean of ${flags.sets} %\n${' '.repeat(42)}   acc1   acc5  class\n` +
    rows
      .filter((row) => row.level === level)
      .map(line)
      .join('')
  );
}

function spaced(id: string): string {
  return id.replaceAll('-', ' ');
}
