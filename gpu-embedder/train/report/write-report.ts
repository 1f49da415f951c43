import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PreparedDataset } from '../../dataset/read-dataset.ts';
import { queryRows } from './query-rows.ts';
import { readRun } from './read-run.ts';
import { reportPage } from './report-page.ts';

/** Queries of the validation sample shown from either end. */
const queriesShown = 12;

export interface ReportOptions {
  /** As training writes it. */
  readonly runDir: string;
  /** What it trained on, for the pictures. */
  readonly dataset?: PreparedDataset;
}

/**
 * Show a run in one file that needs no network: `report.html` in its folder.
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
