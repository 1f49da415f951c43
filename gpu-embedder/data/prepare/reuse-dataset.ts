import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../../common/sha256-hex.ts';
import { reportSchema } from '../prepared/dataset-schema.ts';
import { prepareResult, type PrepareResult } from './prepare-result.ts';
import { checkDatasetFiles, readDatasetManifest } from '../prepared/read-dataset.ts';

/** Digest the inputs of a data set. */
export function inputKeyOf(inputs: unknown): string {
  return sha256Hex(JSON.stringify(inputs));
}

/**
 * Find a data set that was made from the same inputs; undefined for any other content. A data set
 * with a damaged file is made again, and the user is told why.
 */
export async function reuseDataset(
  dir: string,
  inputKey: string,
): Promise<PrepareResult | undefined> {
  if (!existsSync(join(dir, 'dataset.json'))) return undefined;
  try {
    const manifest = readDatasetManifest(dir);
    if (manifest.inputKey !== inputKey) return undefined;
    await checkDatasetFiles({ dir, manifest });
    const report = reportSchema.parse(JSON.parse(await readFile(join(dir, 'report.json'), 'utf8')));
    return prepareResult(dir, manifest, report, true);
  } catch (error) {
    const { message } = ((error as Error).cause ?? error) as Error;
    process.stderr.write(`${dir} is damaged and is prepared again: ${message}\n`);
    return undefined;
  }
}
