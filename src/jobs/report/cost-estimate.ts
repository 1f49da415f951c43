import { plannedAtOnce } from '../steps/plan.ts';
import { settledAtOnce } from '../steps/settle.ts';
import { pollSeconds } from '../steps/step.ts';
import type { CostSettings } from './cost-settings.ts';

/**
 * Cloudflare's list prices in US dollars for what exceeds the amounts that its paid plans include, read
 * on 2026-11-21 at developers.cloudflare.com/queues/platform/pricing, /d1/platform/pricing and
 * /r2/pricing (standard storage).
 */
export const listPrices = {
  queueOperations: 0.4 / 1e6,
  rowsWritten: 1 / 1e6,
  rowsRead: 0.001 / 1e6,
  classA: 4.5 / 1e6,
  classB: 0.36 / 1e6,
  /** Per gigabyte and month. */
  storedGigabytes: 0.015,
} as const;

/** What a job did, as far as its costs depend on it. */
export interface WorkDone {
  readonly inputs: number;
  readonly batches: number;
  /** How many images and texts were encoded. */
  readonly encoded: number;
  /** Size of the version that was built; 0 if none was. */
  readonly versionBytes: number;
  /** Length of an embedding; null if it is not known. */
  readonly embedDim: number | null;
  /** Seconds of each stage that the job reached. */
  readonly timings: Readonly<Record<string, number>>;
}

export interface CostLine {
  readonly what: string;
  readonly count: number;
  /** US dollars. */
  readonly dollars: number;
}

/** What a job costs on Cloudflare when a queue runs it; the estimate is the same for a local run. */
export interface CostEstimate {
  readonly lines: readonly CostLine[];
  readonly embedder: { readonly hours: number; readonly dollars: number | null };
  /** US dollars: the sum of the lines, and of the embedders if their price is known. */
  readonly total: number;
  /** The monthly costs of what the job added to the storage, for as long as it stays there. */
  readonly monthly: { readonly gigabytes: number; readonly dollars: number };
  readonly note: string;
}

/** Rows that the statements of a job read and write; each index of a table counts as a written row. */
const rows = {
  /** The item's row of the ledger with two indexes, and its result. */
  writtenPerItem: 5,
  /** The item, its image and captions; its embeddings twice; the ledger four times. */
  readPerItem: 16,
  /** The claim of the image or text, its result, and the place of its embedding. */
  writtenPerEncoded: 7,
  readPerEncoded: 6,
  writtenPerBatch: 8,
  readPerBatch: 6,
} as const;

const objects = {
  /** The plan, the embeddings and the page for the builder. */
  writtenPerBatch: 3,
  /** The plan twice, the images, and what the builder reads. */
  readPerBatch: 6,
  /** The files of a version and of its model, and the report; to verify the files, they are read. */
  writtenPerJob: 20,
  readPerJob: 40,
} as const;

/** Each message is written, read and deleted. */
const operationsPerMessage = 3;
const note =
  'This is an estimate: the counts are calculated from the steps of a job and do not come from a bill. ' +
  'It does not include the free amounts of the plans (each month 10 GB, 1 million class A and 10 million ' +
  'class B operations of R2, 1 million operations of Queues, 50 million rows written and 25 billion ' +
  'rows read of D1), their base price, the CPU time and requests of the worker, failed tries, ingestion, ' +
  'and the storage of the database. R2 bills whole millions. PlanetScale bills by plan, so its rows ' +
  'cost nothing extra.';

/** Estimate what a job costs. */
export function estimateCost(
  { inputs, batches, encoded, versionBytes, embedDim, timings }: WorkDone,
  { embedderPricePerHour = null, embedders = 1 }: CostSettings = {},
): CostEstimate {
  const { encoding = 0, building = 0, comparing = 0 } = timings;
  const messages =
    Math.ceil(batches / plannedAtOnce) +
    batches +
    Math.ceil(batches / settledAtOnce) +
    Math.ceil((building + comparing) / pollSeconds) +
    4;
  const line = (what: string, count: number, price: number): CostLine => ({
    ...{ what, count },
    dollars: count * price,
  });
  const written =
    inputs * rows.writtenPerItem + encoded * rows.writtenPerEncoded + batches * rows.writtenPerBatch; // prettier-ignore
  const read =
    inputs * rows.readPerItem + encoded * rows.readPerEncoded + batches * rows.readPerBatch;
  const lines = [
    line('operations of Queues', operationsPerMessage * messages, listPrices.queueOperations),
    line('rows written to D1', written, listPrices.rowsWritten),
    line('rows read from D1', read, listPrices.rowsRead),
    line('writes to R2 (class A)', batches * objects.writtenPerBatch + objects.writtenPerJob, listPrices.classA), // prettier-ignore
    line('reads from R2 (class B)', batches * objects.readPerBatch + objects.readPerJob, listPrices.classB), // prettier-ignore
  ];
  const hours = ((encoding + building + comparing) * embedders) / 3600;
  const dollars = embedderPricePerHour === null ? null : hours * embedderPricePerHour;
  const gigabytes = (versionBytes + encoded * 4 * (embedDim ?? 0)) / 1e9;
  return {
    lines,
    embedder: { hours, dollars },
    total: lines.reduce((sum, each) => sum + each.dollars, dollars ?? 0),
    monthly: { gigabytes, dollars: gigabytes * listPrices.storedGigabytes },
    note,
  };
}
