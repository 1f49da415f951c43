/**
 * Export the current averaged weights of a training run while it continues.
 *
 *     node --import tsx scripts/export-checkpoint.ts RUN_DIR MODEL_DIR
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TokenizerJson } from '../src/text/tokenizer-json.ts';
import { readCheckpoint } from '../gpu-embedder/learn/train/run/checkpoint.ts';
import { parseTrainConfig } from '../gpu-embedder/learn/train/recipe/config.ts';
import { scratchModel } from '../gpu-embedder/learn/train/run/training-model.ts';

const [runDir, modelDir] = process.argv.slice(2);
const json = (name: string): unknown => JSON.parse(readFileSync(join(runDir, name), 'utf8'));
const { slots, step } = readCheckpoint(join(runDir, 'checkpoint.bin'));
const tokenizer = json('tokenizer.json') as TokenizerJson;
const config = parseTrainConfig(json('config.json'), runDir);
if (!('architecture' in config)) throw new Error(`${runDir}: expected a run from scratch`);
const store = new Map(slots.map((slot) => [slot.name, slot]));
await scratchModel(config, tokenizer).save(modelDir, store);
console.log(`step ${step} is in ${modelDir}`);
