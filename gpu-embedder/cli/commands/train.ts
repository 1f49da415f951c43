import { basename, join } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { deviceFlag } from '../flags/models.ts';
import { numberAbove0, unexpected, wholeNumber } from '../flags/numbers.ts';
import { exitCodeOf, untilInterrupted } from '../interrupts.ts';
import { trainChoiceSchema } from '../../learn/train/recipe/config.ts';
import type { TrainChoice } from '../../learn/train/recipe/config.ts';
import { lossNames } from '../../learn/train/losses/loss-table.ts';
import type { RecipeFlags } from '../../learn/train/recipe/read-recipe.ts';
import type { RunOptions, RunSummary } from '../../learn/train/run/run-training.ts';

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

/** Register `train`. */
export function registerTrain(program: Command): void {
  program
    .command('train')
    .description('train or fine-tune a joint text-image embedding on a prepared data set')
    .option('--data <dir>', 'prepared data set', '.diptych/data/pictograms')
    .option('--out <dir>', 'run folder (default: .diptych/runs/<recipe or data set>)')
    .option('--config <file>', 'recipe as JSON (default: one that suits the data set)')
    .option('--init <model>', 'start from a model folder, ours or CLIP/SigLIP in fp32, or a hub id')
    .option('--train <what>', 'with --init: heads, text, last:N blocks, all', choice)
    .addOption(new Option('--loss <name>', 'loss of every stage').choices([...lossNames]))
    .option('--epochs <n>', 'passes over the training images, in every stage', numberAbove0)
    .option('--steps <n>', 'steps of every stage, instead of --epochs', wholeNumber(1))
    .option('--batch <n>', 'images in a step', wholeNumber(1))
    .option(
      '--micro-batch <n>',
      'rows in memory at a time, same gradient (GradCache)',
      wholeNumber(1),
    )
    .option('--learning-rate <x>', 'peak of the schedule', numberAbove0)
    .option('--scale-steps <factor>', 'multiply the length of every stage', numberAbove0, 1)
    .option('--seed <n>', 'same seed, same run', wholeNumber(1))
    .addOption(deviceFlag())
    .option('--threads <n>', 'threads of ONNX Runtime', wholeNumber(1), 2)
    .option('--record-every <steps>', 'steps between log records', wholeNumber(1), 20)
    .option('--checkpoint-every <steps>', 'steps between checkpoints', wholeNumber(1), 200)
    .option(
      '--validate-every <steps>',
      'steps between validations (default: 20 a run)',
      wholeNumber(1),
    )
    .option('--resume', 'continue from the last checkpoint of the run folder')
    .option('--report', 'write report.html into the run folder at the end')
    .option('--json', 'print the summary as JSON')
    .action(train);
}

async function train(flags: TrainFlags): Promise<void> {
  // Imported here, so that --help and a wrong command line need not wait for native modules.
  const [{ readRecipe }, { runTraining }] = await Promise.all([
    import('../../learn/train/recipe/read-recipe.ts'),
    import('../../learn/train/run/run-training.ts'),
  ]);
  // A resumed run has its recipe already. What this command asks for is only compared with it.
  const config = flags.resume && !asksForRecipe(flags) ? null : await readRecipe(flags);
  const name = flags.config ? basename(flags.config, '.json') : basename(flags.data);
  const runDir = flags.out ?? join('.diptych/runs', name);
  const stopping = 'stopping after this step; interrupt again to stop at once';
  const summary = await untilInterrupted(async (signal) => {
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
      signal,
    });
    if (!summary.finished) process.exitCode = exitCodeOf(signal);
    return summary;
  }, stopping);
  const report = flags.report ? await writeReport(runDir, flags.data) : null;
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ ...summary, report })}\n`);
    return;
  }
  process.stdout.write(`${describe(summary, runDir)}\n`);
  if (report) process.stdout.write(`report in ${report}\n`);
}

function asksForRecipe({ config, init, train, loss, epochs, steps, ...rest }: TrainFlags): boolean {
  const { batch, microBatch, learningRate, seed, scaleSteps } = rest;
  const given = [config, init, train, loss, epochs, steps, batch, microBatch, learningRate, seed];
  return scaleSteps !== 1 || given.some((value) => value !== undefined);
}

function describe({ steps, seconds, modelDir, finished }: RunSummary, runDir: string): string {
  const done = `${steps} steps in ${Math.round(seconds)} s`;
  if (!finished) return `stopped at step ${steps}; continue with --out ${runDir} --resume`;
  return modelDir
    ? `${done}, model in ${modelDir}`
    : `${done}; only one tower was trained, so there is no model`;
}

async function writeReport(runDir: string, dataDir: string): Promise<string> {
  const [{ openDataset }, { writeReport: write }] = await Promise.all([
    import('../../data/prepared/read-dataset.ts'),
    import('../../learn/train/report/write-report.ts'),
  ]);
  return write({ runDir, dataset: openDataset(dataDir) });
}

function choice(text: string): TrainChoice {
  const { data } = trainChoiceSchema.safeParse(text);
  if (data) return data;
  throw unexpected('heads, text, all or last:N, e.g. last:2', text);
}
