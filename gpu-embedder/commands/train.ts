import { basename, join } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { trainChoiceSchema } from '../train/config.ts';
import type { TrainChoice } from '../train/config.ts';
import { lossNames } from '../train/losses/loss-table.ts';
import type { RecipeFlags } from '../train/read-recipe.ts';
import type { RunOptions, RunSummary } from '../train/run-training.ts';

interface TrainFlags extends RecipeFlags {
  readonly out?: string;
  readonly device: RunOptions['device'];
  readonly threads: number;
  readonly recordEvery: number;
  readonly checkpointEvery: number;
  readonly validateEvery?: number;
  readonly resume?: boolean;
  readonly report?: boolean;
  readonly json?: boolean;
}

export function registerTrain(program: Command): void {
  program
    .command('train')
    .description('train or fine-tune a joint text-image embedding on a prepared data set')
    .option('--data <dir>', 'prepared data set', '.diptych/data/pictograms')
    .option('--out <dir>', 'run folder (default: .diptych/runs/<recipe or data set>)')
    .option('--config <file>', 'recipe as JSON (default: one that suits the data set)')
    .option('--init <model>', 'start from a model folder, ours or CLIP/SigLIP in fp32, or a hub id')
    .option('--train <what>', 'with --init: heads, text, last:N blocks, all', choice)
    .addOption(new Option('--loss <name>', 'of every stage').choices([...lossNames]))
    .option('--epochs <n>', 'passes over the training images, in every stage', number)
    .option('--steps <n>', 'steps of every stage instead', integer)
    .option('--batch <n>', 'images of a step', integer)
    .option('--micro-batch <n>', 'rows in memory at a time, same gradient (GradCache)', integer)
    .option('--learning-rate <x>', 'peak of the schedule', number)
    .option('--scale-steps <factor>', 'multiply the length of every stage', number, 1)
    .option('--seed <n>', 'same seed, same run', integer)
    .addOption(
      new Option('--device <name>', 'where it runs')
        .choices(['cpu', 'webgpu', 'cuda'])
        .default('cpu'),
    )
    .option('--threads <n>', 'threads of ONNX Runtime', integer, 2)
    .option('--record-every <steps>', 'steps between log records', integer, 20)
    .option('--checkpoint-every <steps>', 'steps between checkpoints', integer, 200)
    .option('--validate-every <steps>', 'steps between validations (default: 20 a run)', integer)
    .option('--resume', 'continue from the last checkpoint of the run folder')
    .option('--report', 'write report.html into the run folder at the end')
    .option('--json', 'print the summary as JSON')
    .action(train);
}

async function train(flags: TrainFlags): Promise<void> {
  // Native modules, which --help and a wrong command line need not wait for.
  const [{ readRecipe }, { runTraining }] = await Promise.all([
    import('../train/read-recipe.ts'),
    import('../train/run-training.ts'),
  ]);
  const config = await readRecipe(flags);
  const name = flags.config ? basename(flags.config, '.json') : basename(flags.data);
  const runDir = flags.out ?? join('.diptych/runs', name);
  const summary = await runTraining({
    dataDir: flags.data,
    runDir,
    config,
    threads: flags.threads,
    device: flags.device,
    recordEvery: flags.recordEvery,
    checkpointEvery: flags.checkpointEvery,
    validateEvery: flags.validateEvery,
    resume: flags.resume ?? false,
  });
  if (!summary.finished) process.exitCode = 130;
  const report = flags.report ? await writeReport(runDir, flags.data) : null;
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ ...summary, report })}\n`);
    return;
  }
  process.stdout.write(`${describe(summary, runDir)}\n`);
  if (report) process.stdout.write(`report in ${report}\n`);
}

function describe({ steps, seconds, modelDir, finished }: RunSummary, runDir: string): string {
  const done = `${steps} steps in ${Math.round(seconds)} s`;
  if (!finished) return `stopped at step ${steps}; continue with --out ${runDir} --resume`;
  return modelDir ? `${done}, model in ${modelDir}` : `${done}, one tower alone: no model`;
}

async function writeReport(runDir: string, dataDir: string): Promise<string> {
  const [{ openDataset }, { writeReport: write }] = await Promise.all([
    import('../dataset/read-dataset.ts'),
    import('../train/report/write-report.ts'),
  ]);
  return write({ runDir, dataset: openDataset(dataDir) });
}

function choice(text: string): TrainChoice {
  const parsed = trainChoiceSchema.safeParse(text);
  if (!parsed.success) {
    throw new InvalidArgumentError('expected heads, text, all or last:N, e.g. last:2');
  }
  return parsed.data;
}

function number(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('expected a number above 0');
  return value;
}

function integer(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidArgumentError('expected a whole number above 0');
  }
  return value;
}
