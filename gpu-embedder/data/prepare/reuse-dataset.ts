import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from '../../common/sha256-hex.ts';
import type { PrepareReport } from '../prepared/prepared.ts';
import { prepareResult, type PrepareResult } from './prepare-result.ts';
import { readDatasetManifest } from '../prepared/read-dataset.ts';

/** Digest the inputs of a data set. */
export function inputKeyOf(inputs: unknown): string {
  return sha256Hex(JSON.stringify(inputs));
}

/** Find a data set that was made from the same inputs; undefined for any other content. */
export function reuseDataset(dir: string, inputKey: string): PrepareResult | undefined {
  if (!existsSync(join(dir, 'dataset.json'))) return undefined;
  try {
    const manifest = readDatasetManifest(dir);
    if (manifest.inputKey !== inputKey) return undefined;
    const report = JSON.parse(readFileSync(join(dir, 'report.json'), 'utf8')) as PrepareReport;
    return prepareResult(dir, manifest, report, true);
  } catch {
    // The data set is damaged or was made by another version of the program: make it again.
    return undefined;
  }
}
