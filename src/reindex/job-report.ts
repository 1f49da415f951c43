import type { Catalogue } from '../catalogue/catalogue.ts';
import { unitCounts } from '../catalogue/job-units.ts';
import type { Job } from '../catalogue/jobs.ts';
import { failuresOf, ledgerCounts } from '../catalogue/ledger.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { putJson } from '../objects/put-json.ts';

/** Items that a report names one by one; the ledger has them all. */
const named = 200;

/** What a job did: inputs = indexed + skipped + failed. */
export interface JobReport {
  readonly job: string;
  readonly collection: string;
  readonly state: Job['state'];
  readonly model: string;
  readonly version: string | null;
  readonly inputs: number;
  /** Of which `reused` had an embedding before. */
  readonly indexed: number;
  readonly reused: number;
  readonly encoded: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly failed: Readonly<Record<string, number>>;
  /** Items that no batch came to, of a job that broke off. */
  readonly pending: number;
  /** Distinct captions, which items share. */
  readonly captions: { readonly encoded: number; readonly failed: number };
  readonly error: string | null;
  readonly createdAt: string;
  readonly endedAt: string | null;
  /** The first of those skipped or failed. */
  readonly items: readonly {
    readonly id: string;
    readonly state: string;
    readonly code: string | null;
    readonly reason: string | null;
  }[];
}

export function reportKey(jobId: string): string {
  return `jobs/${jobId}/report.json`;
}

/** Add up the ledger of a job. */
export async function reportJob(catalogue: Catalogue, job: Job): Promise<JobReport> {
  const { states, reasons, inputs } = await ledgerCounts(catalogue, job.id);
  const { text } = await unitCounts(catalogue, job.id);
  const byCode = (wanted: string) =>
    Object.fromEntries(
      reasons.flatMap(({ state, code, count }) => (state === wanted ? [[code, count]] : [])),
    );
  const failures = await failuresOf(catalogue, job.id, undefined, named);
  return {
    job: job.id,
    collection: job.collection,
    state: job.state,
    model: job.modelHash,
    version: job.version,
    inputs,
    indexed: states.reused + states.encoded,
    reused: states.reused,
    encoded: states.encoded,
    skipped: byCode('skipped'),
    failed: byCode('failed'),
    pending: states.pending,
    captions: { encoded: text.done, failed: text.failed },
    error: job.error,
    createdAt: new Date(job.createdAt).toISOString(),
    endedAt: job.endedAt === null ? null : new Date(job.endedAt).toISOString(),
    items: failures.map(({ itemId, state, code, reason }) => ({ id: itemId, state, code, reason })),
  };
}

/** Keep the report where the job's other objects are. */
export async function writeReport(objects: ObjectStore, report: JobReport): Promise<void> {
  await putJson(objects, reportKey(report.job), report);
}
