import { plannedAtOnce } from '../steps/plan.ts';
import { settledAtOnce } from '../steps/settle.ts';
import { pollSeconds } from '../steps/step.ts';
/**
 * List prices in US dollars of the paid plans at Cloudflare, beyond what they include, as its
 * documentation had them on 2026-11-21: developers.cloudflare.com/queues/platform/pricing,
 * /d1/platform/pricing and /r2/pricing (standard storage).
 */
export const listPrices = {
  queueOperations: 0.4 / 1e6,
  rowsWritten: 1 / 1e6,
  rowsRead: 0.001 / 1e6,
  classA: 4.5 / 1e6,
  classB: 0.36 / 1e6,
  /** A month. */
  storedGigabytes: 0.015,
} as const;

/** What a job did, as far as its price depends on it. */
export interface JobWork {
  readonly inputs: number;
  readonly batches: number;
  /** Images and texts that were encoded. */
  readonly encoded: number;
  /** Of the version that was built; 0 without one. */
  readonly versionBytes: number;
  /** Length of an embedding; null where it is not known. */
  readonly embedDim: number | null;
  /** Seconds of each stage that the job reached. */
  readonly timings: Readonly<Record<string, number>>;
}

export interface CostSettings {
  /** US dollars for an embedder; null: not known. */
  readonly embedderPricePerHour?: number | null;
  /** How many work at a time; default 1. */
  readonly embedders?: number;
}

export interface CostLine {
  readonly what: string;
  readonly count: number;
  /** US dollars. */
  readonly dollars: number;
}

/** What a job costs on Cloudflare, by the queue, whichever way it was run. */
export interface CostEstimate {
  readonly lines: readonly CostLine[];
  readonly embedder: { readonly hours: number; readonly dollars: number | null };
  /** US dollars of the lines, and of embedders where their price is known. */
  readonly total: number;
  /** Of what the job added to the storage, for as long as it stays. */
  readonly monthly: { readonly gigabytes: number; readonly dollars: number };
  readonly note: string;
}

/** Rows by the statements of a job; an index of a table counts as a row that is written. */
const rows = {
  /** Its row of the ledger, with two indexes, and what becomes of it. */
  writtenPerItem: 5,
  /** The item, its image and captions; embeddings twice; the ledger four times. */
  readPerItem: 16,
  /** Its claim, what becomes of it, and the place of its embedding. */
  writtenPerEncoded: 7,
  readPerEncoded: 6,
  writtenPerBatch: 8,
  readPerBatch: 6,
} as const;

const objects = {
  /** Plan, embeddings, page for the builder. */
  writtenPerBatch: 3,
  /** Plan twice, images, and what the builder reads. */
  readPerBatch: 6,
  /** Files of a version and of its model, and the report; they are read to be verified. */
  writtenPerJob: 20,
  readPerJob: 40,
} as const;

/** A message is written, read and deleted. */
const operationsPerMessage = 3;
const note =
  'An estimate: the counts follow from what the steps of a job do, they are of no bill. ' +
  'It leaves out what plans include for nothing (each month 10 GB, 1 million class A and 10 million ' +
  'class B operations of R2, 1 million operations of Queues, 50 million rows written and 25 billion ' +
  'read of D1) and their base price, CPU time and requests of the worker, tries that failed, ingestion, ' +
  'and storage of the database. R2 bills whole millions. PlanetScale bills by plan: there the rows ' +
  'cost nothing more.';

/** Estimate what a job costs. */
export function estimateCost(
  { inputs, batches, encoded, versionBytes, embedDim, timings }: JobWork,
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

/** Read a price in dollars, such as that of `EMBEDDER_PRICE_PER_HOUR`. @returns null for anything else */
export function readPrice(text: string | undefined): number | null {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : null;
}
