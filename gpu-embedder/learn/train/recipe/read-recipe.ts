import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DiptychError } from '../../../../src/errors.ts';
import { readDatasetManifest } from '../../../data/prepared/read-dataset.ts';
import { describeModel } from '../../../common/model-folder/model-description.ts';
import { modelDir } from '../../../common/model-folder/model-dir.ts';
import { readModelFiles } from '../../../common/model-folder/model-files.ts';
import type { TrainChoice, TrainConfig } from './config.ts';
import { parseTrainConfig } from './config.ts';
import type { Stage } from '../losses/loss-table.ts';

/** Flags of a run. Each replaces the value of the recipe, in every stage. */
export interface RecipeFlags {
  readonly data: string;
  /** Recipe file; by default one that suits the data set or the model to start from. */
  readonly config?: string;
  readonly init?: string;
  readonly train?: TrainChoice;
  readonly loss?: Stage['loss'];
  readonly steps?: number;
  readonly epochs?: number;
  readonly batch?: number;
  readonly microBatch?: number;
  readonly learningRate?: number;
  readonly seed?: number;
  readonly scaleSteps: number;
}

type Loose = Record<string, unknown> & { stages?: unknown };

/** Recipes that come with the trainer, by name. */
const builtIn = (name: string): string =>
  fileURLToPath(new URL(`./recipes/${name}.json`, import.meta.url));

/**
 * Find the recipe of a run and apply the flags.
 *
 * @throws DiptychError `unreadable_source`, `invalid_option`
 */
export async function readRecipe(flags: RecipeFlags): Promise<TrainConfig> {
  const { config, init, train } = flags;
  const path = config ?? builtIn(recipeName(flags));
  const recipe = await readJson(path);
  const fileInit = recipe['init'] as Record<string, unknown> | undefined;
  if (train && !init && !fileInit) {
    throw new DiptychError(
      'invalid_option',
      `--train ${train}: expected a model to start from; name it with --init`,
    );
  }
  const merged: Loose = { ...recipe };
  if (init || fileInit) {
    delete merged['architecture'];
    merged['init'] = { ...fileInit, ...defined({ model: init, train }) };
  }
  if (flags.seed !== undefined) merged['seed'] = flags.seed;
  const stages = Array.isArray(recipe.stages) ? (recipe.stages as Record<string, unknown>[]) : [];
  const defaults = init && !config ? await fineTuneDefaults(init, train ?? 'all') : {};
  merged.stages = stages.map((stage) => applyFlags({ ...stage, ...defaults }, flags));
  return parseTrainConfig(merged, `recipe ${path}`);
}

function recipeName({ data, init }: RecipeFlags): string {
  if (init) return 'fine-tune';
  return readDatasetManifest(data).kind === 'pictograms' ? 'pictogram' : 'contrastive';
}

/** Choose usual rates: weights that were trained longer should move less. */
async function fineTuneDefaults(
  model: string,
  train: TrainChoice,
): Promise<Record<string, unknown>> {
  const { family } = describeModel(await readModelFiles(await modelDir(model)));
  const loss = family === 'siglip' ? 'sigmoid' : 'infonce';
  if (train === 'heads') return { loss, epochs: 20, batch: 512, learningRate: 1e-3 };
  if (train === 'text') return { loss, train: ['text'], learningRate: 5e-5 };
  return { loss, learningRate: train === 'all' ? 1e-5 : 3e-5 };
}

function applyFlags(stage: Record<string, unknown>, flags: RecipeFlags): Record<string, unknown> {
  const { loss, steps, epochs, batch, microBatch, learningRate, scaleSteps } = flags;
  const changed: Record<string, unknown> = {
    ...stage,
    ...defined({ loss, batch, microBatch, learningRate }),
  };
  if (steps !== undefined) {
    delete changed['epochs'];
    changed['steps'] = steps;
  } else if (epochs !== undefined) {
    delete changed['steps'];
    changed['epochs'] = epochs;
  }
  for (const length of ['steps', 'epochs']) {
    const value = changed[length];
    if (typeof value !== 'number') continue;
    const scaled = value * scaleSteps;
    changed[length] = length === 'steps' ? Math.max(1, Math.round(scaled)) : scaled;
  }
  return changed;
}

function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}

async function readJson(path: string): Promise<Loose> {
  try {
    const content: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof content === 'object' && content !== null) return content as Loose;
  } catch (cause) {
    throw new DiptychError(
      'unreadable_source',
      `recipe ${path}: expected a JSON file: ${(cause as Error).message}`,
      {},
      { cause },
    );
  }
  throw new DiptychError('unreadable_source', `recipe ${path}: expected a JSON object`);
}
