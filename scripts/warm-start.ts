/**
 * Start a new run from the state of another one, after the data set or the recipe has changed.
 * Weights are copied by name, and class and word prototypes by their concept or word.
 *
 *     node --import tsx scripts/warm-start.ts --from RUN --from-data DIR --config RECIPE --data DIR --out RUN
 *     npx diptych train --data DIR --out RUN --resume
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import type { Slot } from '../gpu-embedder/learn/train/step/adamw.ts';
import { readCheckpoint, writeCheckpoint } from '../gpu-embedder/learn/train/run/checkpoint.ts';
import { parseTrainConfig, type TrainConfig } from '../gpu-embedder/learn/train/recipe/config.ts';
import {
  prototypesName,
  wordPrototypesName,
} from '../gpu-embedder/learn/train/losses/classification.ts';
import { loadTrainingSet } from '../gpu-embedder/learn/train/batch/training-set.ts';

const flags = new Command('warm-start')
  .requiredOption('--from <run>', 'folder of the run to start from')
  .option('--checkpoint <file>', 'checkpoint file in that folder', 'checkpoint.bin')
  .requiredOption('--from-data <dir>', 'data set of that run')
  .requiredOption('--config <file>', 'recipe of the new run')
  .requiredOption('--data <dir>', 'data set of the new run')
  .requiredOption('--out <run>', 'folder of the new run')
  .parse()
  .opts<Record<'from' | 'checkpoint' | 'fromData' | 'config' | 'data' | 'out', string>>();

const readRecipe = async (path: string): Promise<TrainConfig> =>
  parseTrainConfig(JSON.parse(await readFile(path, 'utf8')), path);

/** List the concepts and words of the rows of the prototype tables. */
function rowNames(dir: string, config: TrainConfig): Record<string, readonly string[]> {
  const set = loadTrainingSet(dir, config);
  const { items } = set.dataset;
  const classes = set.classes.map(
    ({ items: [first] }) => items[first].concept ?? items[first].label!,
  );
  set.close();
  return { [prototypesName]: classes, [wordPrototypesName]: set.words.list };
}

/** Copy the rows that both tables have; a new row starts as the mean of the old rows. */
function moveRows(slot: Slot, before: readonly string[], after: readonly string[]): Slot {
  const width = slot.shape[1];
  const rowOf = new Map(before.map((name, row) => [name, row]));
  const mean = new Float32Array(width);
  slot.average.forEach((x, i) => (mean[i % width] += x / before.length));
  const data = new Float32Array(after.length * width);
  after.forEach((name, row) => {
    const known = rowOf.get(name);
    const from =
      known === undefined ? mean : slot.average.subarray(known * width, (known + 1) * width);
    data.set(from, row * width);
  });
  const zeros = () => new Float32Array(data.length);
  const shape = [after.length, width];
  return { ...slot, shape, data, m: zeros(), v: zeros(), average: data.slice() };
}

const config = await readRecipe(flags.config);
const before = rowNames(flags.fromData, await readRecipe(join(flags.from, 'config.json')));
const after = rowNames(flags.data, config);
const { slots } = readCheckpoint(join(flags.from, flags.checkpoint));
const moved = slots.map((slot) =>
  slot.name in before ? moveRows(slot, before[slot.name], after[slot.name]) : slot,
);
await mkdir(flags.out, { recursive: true });
await writeFile(join(flags.out, 'config.json'), JSON.stringify(config, null, 2) + '\n');
const tokenizer = join(flags.from, 'tokenizer.json');
if (existsSync(tokenizer)) await copyFile(tokenizer, join(flags.out, 'tokenizer.json'));
await writeCheckpoint(join(flags.out, 'checkpoint.bin'), {
  stage: 0,
  stageStep: 0,
  step: 0,
  slots: moved,
});
console.log(
  `${flags.out}: ${moved.length} arrays, ${after[prototypesName].length} classes, ${after[wordPrototypesName].length} words`,
);
