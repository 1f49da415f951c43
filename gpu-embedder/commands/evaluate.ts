import { InvalidArgumentError, Option, type Command } from 'commander';
import { DiptychError } from '../../src/errors.ts';
import type { Item } from '../dataset/prepared.ts';
import type { RetrievalResult } from '../evaluate/evaluate-retrieval.ts';

interface EvaluateFlags {
  readonly model: string;
  readonly set?: string;
  readonly data?: string;
  readonly split?: Item['split'];
  readonly min?: Readonly<Record<string, number>>;
  readonly json?: boolean;
}

const defaultSet = 'fluent-emoji-flat';

export function registerEvaluate(program: Command): void {
  program
    .command('evaluate')
    .description('measure retrieval recall of a model on a data set')
    .option('--model <dir>', 'model folder, or an id of the Hugging Face hub', 'models/pictogram')
    .option('--set <name>', `pictogram set, prepared if needed (default: ${defaultSet})`)
    .option('--data <dir>', 'prepared data set instead; --set then chooses in it')
    .addOption(new Option('--split <name>', 'only this split').choices(['train', 'validation']))
    .option('--min <metric=value>', 'fail below this value; may be repeated', minimum)
    .option('--json', 'print {model, set, n, metrics}')
    .addHelpText('after', helpText)
    .action(evaluate);
}

const helpText = `
Metrics, from 0 to 1 (any right answer counts, ties count against the model):
  image_retrieval_recall@1 @5 @10   text -> image
  text_retrieval_recall@1 @5 @10    image -> text`;

async function evaluate(flags: EvaluateFlags): Promise<void> {
  // Native modules, which --help and a wrong command line need not wait for.
  const [{ openDataset }, { openSet }, { loadModel }, { evaluateRetrieval }] = await Promise.all([
    import('../dataset/read-dataset.ts'),
    import('../evaluate/open-set.ts'),
    import('../encode/load-model.ts'),
    import('../evaluate/evaluate-retrieval.ts'),
  ]);
  const named = flags.set ?? (flags.data === undefined ? defaultSet : undefined);
  const dataset =
    flags.data === undefined ? await openSet(named ?? defaultSet) : openDataset(flags.data);
  const model = await loadModel(flags.model);
  let result: RetrievalResult;
  try {
    result = await evaluateRetrieval(model, dataset, { set: named, split: flags.split });
  } finally {
    await model.dispose();
  }
  const report = { model: model.id, set: named ?? dataset.manifest.name, ...result };
  process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : table(report));
  check(result.metrics, flags.min ?? {});
}

function table({ model, set, n, metrics }: RetrievalResult & { model: string; set: string }) {
  const row = (label: string, cells: readonly string[]) =>
    `${label.padEnd(16)}${cells.map((cell) => cell.padStart(8)).join('')}\n`;
  const of = (task: string) =>
    [1, 5, 10].map((k) => (100 * metrics[`${task}_recall@${k}`]).toFixed(1));
  return (
    `${model} on ${set}, ${n} images\n` +
    row('recall %', ['@1', '@5', '@10']) +
    row('text -> image', of('image_retrieval')) +
    row('image -> text', of('text_retrieval'))
  );
}

function minimum(value: string, previous?: Readonly<Record<string, number>>) {
  const match = /^(.+)=([0-9.]+)$/.exec(value);
  const number = Number(match?.[2]);
  if (match === null || !(number >= 0 && number <= 1)) {
    throw new InvalidArgumentError('expected metric=value with a value from 0 to 1');
  }
  return { ...previous, [match[1]]: number };
}

/** @throws DiptychError `below_minimum`, `invalid_option` for a metric that there is not */
function check(
  metrics: Readonly<Record<string, number>>,
  minima: Readonly<Record<string, number>>,
): void {
  const failures: string[] = [];
  for (const [name, least] of Object.entries(minima)) {
    if (!(name in metrics)) {
      throw new DiptychError(
        'invalid_option',
        `--min ${name}: expected one of ${Object.keys(metrics).join(', ')}`,
      );
    }
    if (!(metrics[name] >= least)) {
      failures.push(`${name}: expected at least ${least}, got ${metrics[name].toFixed(4)}`);
    }
  }
  if (failures.length > 0) throw new DiptychError('below_minimum', failures.join('; '));
}
