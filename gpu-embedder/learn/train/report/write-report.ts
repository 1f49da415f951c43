import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PreparedDataset } from '../../../data/prepared/read-dataset.ts';
import { queryRows } from './query-rows.ts';
import { readRun } from './read-run.ts';
import { reportPage } from './report-page.ts';

/** How many of the worst and of the best queries of the validation sample are shown. */
const queriesShown = 12;

export interface ReportOptions {
  /** The run folder that training has written. */
  readonly runDir: string;
  /** The data set of the run, for its pictures. */
  readonly dataset?: PreparedDataset;
}

/**
 * Write the report of a run into its folder: `report.html`, one file that needs no network.
 *
 * @returns path of the file
 */
export async function writeReport({ runDir, dataset }: ReportOptions): Promise<string> {
  const run = readRun(runDir);
  const { queries } = run;
  const worst = queries.slice(0, Math.min(queriesShown, Math.ceil(queries.length / 2)));
  const best = queries.slice(worst.length).slice(-queriesShown).reverse();
  const path = join(runDir, 'report.html');
  const page = await reportPage({
    run,
    dataset: dataset?.manifest.name ?? null,
    worst: await queryRows(worst, dataset ?? null),
    best: await queryRows(best, dataset ?? null),
  });
  await writeFile(path, page);
  return path;
}
