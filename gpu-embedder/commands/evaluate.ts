import { InvalidArgumentError, Option, type Command } from 'commander';
import { classificationMetricNames, retrievalMetricNames } from '../evaluate/benchmark-result.ts';
import { checkMinima, parseMinimum, type Minimum } from '../evaluate/minimum.ts';
import { resultTable } from '../evaluate/result-table.ts';
import type { EvaluationOptions } from '../evaluate/run-evaluation.ts';
import { maxSvgRows } from '../pictures/contact-sheet-svg.ts';

interface EvaluateFlags extends Omit<EvaluationOptions, 'ks' | 'worst'> {
  readonly recallK?: readonly number[];
  readonly worst?: number;
  readonly min?: readonly Minimum[];
  readonly json?: boolean;
}

const defaultKs = [1, 5, 10] as const;
const defaultWorst = 24;

/** Flags that one task alone has. */
const ownFlags = {
  retrieval: ['recallK', 'languages', 'sheet', 'worst'],
  classification: ['labels', 'templates'],
} as const;

export function registerEvaluate(program: Command): void {
  program
    .command('evaluate')
    .description('measure retrieval or zero-shot classification of a model on a data set')
    .option('--model <dir>', 'model folder, or an id of the Hugging Face hub', 'models/pictogram')
    .option('--set <name>', 'pictogram set, prepared if needed (default: fluent-emoji-flat)')
    .option('--data <dir>', 'prepared data set instead; --set then chooses in it')
    .addOption(new Option('--split <name>', 'only this split').choices(['train', 'validation']))
    .option('--limit <n>', 'a sample of this many images, the same each time', positive)
    .addOption(
      new Option('--task <name>', 'what to measure')
        .choices(['retrieval', 'classification'])
        .default('retrieval'),
    )
    .option('--recall-k <list>', `retrieval: K of the recalls (default: ${defaultKs})`, positives)
    .option('--languages <list>', 'retrieval: en,es,… or all (default: en)', languages)
    .option('--sheet <file>', 'retrieval: draw the worst queries, .html or .png', sheetFile)
    .option('--worst <n>', `retrieval: queries of the sheet (default: ${defaultWorst})`, positive)
    .option('--labels <file>', 'classification: names of classes, a line each or JSON')
    .option('--templates <file>', 'classification: prompts, a line each with {} for the class')
    .option('--min <metric=value>', 'fail below this value; may be repeated', minimum)
    .addOption(
      new Option('--device <name>', 'where the model runs')
        .choices(['cpu', 'webgpu', 'cuda'])
        .default('cpu'),
    )
    .option('--threads <n>', 'threads of the model (default: one per core)', positive)
    .option('--json', 'print the result as CLIP_benchmark does; several as an array')
    .addHelpText('after', helpText)
    .action(evaluate);
}

const helpText = `
Metrics, from 0 to 1 (any right answer counts, ties count against the model):
  image_retrieval_recall@K  text -> image     acc1  acc5  mean_per_class_recall
  text_retrieval_recall@K   image -> text
--min es:METRIC=VALUE holds for one language, mean:METRIC=VALUE for their mean.`;

async function evaluate(flags: EvaluateFlags, command: Command): Promise<void> {
  refuseUnfit(flags, command);
  // Native modules, which --help and a wrong command line need not wait for.
  const { runEvaluation } = await import('../evaluate/run-evaluation.ts');
  const { recallK: ks = defaultKs, worst = defaultWorst } = flags;
  const results = await runEvaluation({ ...flags, ks, worst });
  const json = results.length === 1 ? results[0] : results;
  process.stdout.write(flags.json ? `${JSON.stringify(json)}\n` : resultTable(results));
  checkMinima(results, flags.min ?? []);
}

/** Refuse flags that do not go together, before anything is opened. */
function refuseUnfit(flags: EvaluateFlags, command: Command): void {
  const fail = (message: string) => command.error(`error: ${message}`, { exitCode: 2 });
  const other = flags.task === 'retrieval' ? 'classification' : 'retrieval';
  const foreign = command.options.find(
    (option) =>
      ownFlags[other].some((name) => name === option.attributeName()) &&
      command.getOptionValue(option.attributeName()) !== undefined,
  );
  if (foreign !== undefined) fail(`${foreign.long} is for --task ${other}`);
  if (flags.worst !== undefined && flags.sheet === undefined) fail('--worst is for --sheet');
  if (flags.sheet?.endsWith('.png') && (flags.worst ?? 0) > maxSvgRows) {
    fail(`--worst: a .png holds ${maxSvgRows} queries, an .html more; got ${flags.worst}`);
  }
  const metrics =
    flags.task === 'retrieval'
      ? retrievalMetricNames(flags.recallK ?? defaultKs)
      : classificationMetricNames;
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

function minimum(value: string, previous: readonly Minimum[] = []): readonly Minimum[] {
  const parsed = parseMinimum(value);
  if (parsed !== null) return [...previous, parsed];
  throw new InvalidArgumentError('expected metric=value with a value from 0 to 1');
}

function positive(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('expected a positive whole number');
}

function positives(value: string): readonly number[] {
  return [...new Set(value.split(',').map(positive))].sort((a, b) => a - b);
}

function languages(value: string): readonly string[] | 'all' {
  if (value === 'all') return value;
  const codes = value.split(',').map((code) => code.trim());
  if (codes.every((code) => /^[a-z]{2,3}(-[A-Za-z]+)?$/.test(code))) return codes;
  throw new InvalidArgumentError('expected codes of languages such as en,es,ja, or all');
}

function sheetFile(value: string): string {
  if (/\.(html|png)$/.test(value)) return value;
  throw new InvalidArgumentError('expected a file that ends in .html or .png');
}
