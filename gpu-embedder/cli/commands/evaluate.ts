import { Option, type Command } from 'commander';
import { listOf } from '../flags/lists.ts';
import { deviceFlag, modelFlag } from '../flags/models.ts';
import { unexpected, wholeNumber } from '../flags/numbers.ts';
import {
  classificationMetricNames,
  imageRetrievalMetricNames,
  keywordMetricNames,
  misspeltMetricNames,
  retrievalMetricNames,
} from '../../measure/results/benchmark-result.ts';
import { checkMinima, parseMinimum, type Minimum } from '../../measure/results/minimum.ts';
import { resultTable } from '../../measure/results/result-table.ts';
import type { EvaluationOptions, Task } from '../../measure/run-evaluation.ts';
import { maxSvgRows } from '../../data/pictures/contact-sheet-svg.ts';

interface EvaluateFlags extends Omit<EvaluationOptions, 'ks' | 'worst'> {
  readonly recallK?: readonly number[];
  readonly worst?: number;
  readonly min?: readonly Minimum[];
  readonly json?: boolean;
}

const defaultKs = [1, 5, 10] as const;
const defaultWorst = 24;

/** The tasks of each flag that not every task has. */
const tasksOfFlags: Readonly<Record<string, readonly Task[]>> = {
  recallK: ['retrieval', 'keywords', 'image-retrieval'],
  languages: ['retrieval', 'keywords'],
  typos: ['retrieval'],
  sheet: ['retrieval'],
  worst: ['retrieval'],
  queries: ['image-retrieval'],
  level: ['classification'],
  labels: ['classification'],
  templates: ['classification'],
};

/** Register `evaluate`. */
export function registerEvaluate(program: Command): void {
  program
    .command('evaluate')
    .description('measure retrieval or zero-shot classification of a model on a data set')
    .addOption(modelFlag())
    .option('--edge', 'run the int8 weights on the kernels of the edge')
    .option('--set <name>', 'pictogram set (default: fluent-emoji-flat)')
    .option('--data <dir>', 'prepared data set, of which --set then chooses a part')
    .addOption(
      new Option('--split <name>', 'measure only this split').choices(['train', 'validation']),
    )
    .option('--limit <n>', 'a sample of this many images, the same each time', wholeNumber(1))
    .addOption(
      new Option('--task <name>', 'what to measure')
        .choices(['retrieval', 'keywords', 'image-retrieval', 'classification'])
        .default('retrieval'),
    )
    .option('--recall-k <list>', `K of the recalls (default: ${defaultKs})`, recallKs)
    .option('--languages <list>', 'languages of the texts: en,es,… or all (default: en)', languages)
    .option('--typos', 'retrieval: measure also texts with a typing error')
    .option('--sheet <file>', 'retrieval: draw the worst queries, .html or .png', sheetFile)
    .option(
      '--worst <n>',
      `retrieval: queries of the sheet (default: ${defaultWorst})`,
      wholeNumber(1),
    )
    .option('--queries <set>', 'image-retrieval: pictogram set to search with')
    .addOption(
      new Option('--level <name>', 'classification of pictograms (default: group)').choices([
        'group',
        'subgroup',
      ]),
    )
    .option('--labels <file>', 'classification: names of classes, a line each or JSON')
    .option('--templates <file>', 'classification: prompts with {} for a class, one a line')
    .option('--min <metric=value>', 'fail below this value; may be repeated', minimum)
    .addOption(deviceFlag())
    .option('--threads <n>', 'threads of the model (default: one per core)', wholeNumber(1))
    .option('--json', 'print JSON as CLIP_benchmark does; several as array')
    .addHelpText('after', helpText)
    .action(evaluate);
}

const helpText = `
Metrics, from 0 to 1 (any right answer counts, ties count against the model):
  retrieval        image_retrieval_recall@K (text -> image)  text_retrieval_recall@K
  with --typos     image_retrieval_recall@K  misspelt_image_retrieval_recall@K
  keywords         image_retrieval_recall@K (CLDR keyword -> an emoji that has it)
  image-retrieval  image_to_image_recall@K
  classification   acc1  acc5  mean_per_class_recall
--min es:METRIC=VALUE is for one language, mean:METRIC=VALUE for the mean of all.`;

async function evaluate(flags: EvaluateFlags, command: Command): Promise<void> {
  refuseUnfit(flags, command);
  // Imported here, so that --help and a wrong command line need not wait for native modules.
  const { runEvaluation } = await import('../../measure/run-evaluation.ts');
  const { recallK: ks = defaultKs, worst = defaultWorst } = flags;
  const results = await runEvaluation({ ...flags, ks, worst });
  const json = results.length === 1 ? results[0] : results;
  process.stdout.write(flags.json ? `${JSON.stringify(json)}\n` : resultTable(results));
  checkMinima(results, flags.min ?? []);
}

/** Refuse flags that do not go together, before anything is opened. */
function refuseUnfit(flags: EvaluateFlags, command: Command): void {
  const fail = (message: string) => command.error(`error: ${message}`, { exitCode: 2 });
  const foreign = command.options.find(
    (option) =>
      tasksOfFlags[option.attributeName()]?.includes(flags.task) === false &&
      command.getOptionValue(option.attributeName()) !== undefined,
  );
  if (foreign !== undefined) {
    fail(`${foreign.long} is for --task ${tasksOfFlags[foreign.attributeName()].join(' or ')}`);
  }
  if (flags.edge === true && command.getOptionValueSource('device') === 'cli') {
    fail('--edge runs on kernels of its own; --device is for the ONNX model');
  }
  if (flags.typos === true && flags.sheet !== undefined)
    fail('--sheet cannot be used with --typos');
  if (flags.worst !== undefined && flags.sheet === undefined) fail('--worst needs --sheet');
  if (flags.sheet?.endsWith('.png') && (flags.worst ?? 0) > maxSvgRows) {
    fail(
      `--worst: a .png holds at most ${maxSvgRows} queries, use .html for more; got ${flags.worst}`,
    );
  }
  if (flags.task === 'image-retrieval' && flags.queries === undefined) {
    fail('--task image-retrieval needs --queries, the set to search with');
  }
  const metrics = metricNames(flags);
  const measured = flags.languages ?? ['en'];
  for (const { metric, language = 'mean' } of flags.min ?? []) {
    if (!metrics.includes(metric)) {
      fail(`--min ${metric}: expected one of ${metrics.join(', ')}`);
    }
    if (measured !== 'all' && !['mean', ...measured].includes(language)) {
      fail(`--min ${language}:${metric}: expected a language that is measured (${measured})`);
    }
  }
}

function metricNames({ task, typos, recallK: ks = defaultKs }: EvaluateFlags): readonly string[] {
  switch (task) {
    case 'retrieval':
      return typos === true ? misspeltMetricNames(ks) : retrievalMetricNames(ks);
    case 'keywords':
      return keywordMetricNames(ks);
    case 'image-retrieval':
      return imageRetrievalMetricNames(ks);
    case 'classification':
      return classificationMetricNames;
  }
}

function minimum(value: string, previous: readonly Minimum[] = []): readonly Minimum[] {
  const parsed = parseMinimum(value);
  if (parsed !== null) return [...previous, parsed];
  throw unexpected('metric=value with a value from 0 to 1', value);
}

const listOfKs = listOf(wholeNumber(1));

/** Parse the list of K, without duplicates and the smallest first. */
function recallKs(value: string): readonly number[] {
  return [...new Set(listOfKs(value))].sort((a, b) => a - b);
}

function languages(value: string): readonly string[] | 'all' {
  if (value === 'all') return value;
  const codes = value.split(',').map((code) => code.trim());
  if (codes.every((code) => /^[a-z]{2,3}(-[A-Za-z]+)?$/.test(code))) return codes;
  throw unexpected('codes of languages such as en,es,ja, or all', value);
}

function sheetFile(value: string): string {
  if (/\.(html|png)$/.test(value)) return value;
  throw unexpected('a file that ends in .html or .png', value);
}
