import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from '../sha256-hex.ts';
import type { PrepareReport } from './prepared.ts';
import { prepareResult, type PrepareResult } from './prepare-result.ts';
import { readManifest } from './read-dataset.ts';

/** Digest what a data set is made from. */
export function inputKeyOf(inputs: unknown): string {
  return sha256Hex(JSON.stringify(inputs));
}

/** Find a data set that was made from the same inputs; anything else there counts as none. */
export function reuseDataset(dir: string, inputKey: string): PrepareResult | undefined {
  if (!existsSync(join(dir, 'dataset.json'))) return undefined;
  try {
    const manifest = readManifest(dir);
    if (manifest.inputKey !== inputKey) return undefined;
    const report = JSON.parse(readFileSync(join(dir, 'report.json'), 'utf8')) as PrepareReport;
    return prepareResult(dir, manifest, report, true);
  } catch {
    // Made by another version of the program, or damaged: it is made again.
    return undefined;
  }
}
