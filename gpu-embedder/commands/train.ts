import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { z } from 'zod';
import { DiptychError } from '../../src/errors.ts';
import type { TrainConfig } from '../train/config.ts';
import { trainConfigSchema } from '../train/config.ts';
import { runTraining } from '../train/run-training.ts';

interface TrainFlags {
  readonly data: string;
  readonly out?: string;
  readonly config?: string;
  readonly scaleSteps: number;
  readonly seed?: number;
  readonly threads: number;
  readonly recordEvery: number;
  readonly checkpointEvery: number;
  readonly resume?: boolean;
  readonly json?: boolean;
}

const defaultRecipe = fileURLToPath(new URL('../train/recipes/pictogram.json', import.meta.url));

export function registerTrain(program: Command): void {
  program
    .command('train')
    .description('train a joint text-image embedding on a prepared data set')
    .option('--data <dir>', 'prepared data set', '.diptych/data/pictograms')
    .option('--out <dir>', 'run folder (default: .diptych/runs/<name of the recipe>)')
    .option('--config <file>', 'recipe: towers and stages as JSON (default: the starter model)')
    .option('--scale-steps <factor>', 'multiply the steps of every stage', number, 1)
    .option('--seed <n>', 'replaces the seed of the recipe', integer)
    .option('--threads <n>', 'threads of ONNX Runtime', integer, 2)
    .option('--record-every <steps>', 'steps between log records', integer, 20)
    .option('--checkpoint-every <steps>', 'steps between checkpoints', integer, 200)
    .option('--resume', 'continue from the last checkpoint of the run folder')
    .option('--json', 'print the summary as JSON')
    .action(async (flags: TrainFlags) => {
      const recipe = flags.config ?? defaultRecipe;
      const out = flags.out ?? join('.diptych/runs', basename(recipe, '.json'));
      const summary = await runTraining({
        dataDir: flags.data,
        runDir: out,
        config: await readRecipe(recipe, flags),
        threads: flags.threads,
        recordEvery: flags.recordEvery,
        checkpointEvery: flags.checkpointEvery,
        resume: flags.resume ?? false,
      });
      const { steps, seconds, modelDir } = summary;
      const text = `${steps} steps in ${Math.round(seconds)} s, ${modelDir ? `model in ${modelDir}` : 'one tower alone: no model'}`;
      process.stdout.write(`${flags.json ? JSON.stringify(summary) : text}\n`);
    });
}

async function readRecipe(path: string, flags: TrainFlags): Promise<TrainConfig> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new DiptychError(
      'unreadable_source',
      `recipe ${path}: expected a JSON file`,
      {},
      { cause },
    );
  }
  const parsed = trainConfigSchema.safeParse(content);
  if (!parsed.success) {
    throw new DiptychError('invalid_option', `recipe ${path}: ${z.prettifyError(parsed.error)}`);
  }
  const { stages, seed } = parsed.data;
  return {
    ...parsed.data,
    seed: flags.seed ?? seed,
    stages: stages.map((stage) => ({
      ...stage,
      steps: Math.max(1, Math.round(stage.steps * flags.scaleSteps)),
    })),
  };
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
