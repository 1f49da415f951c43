import type { Manifest } from '../../version/manifest.ts';
import { unitCounts } from '../rows/job-units.ts';
import { hasEnded, listJobs, type Job } from '../rows/jobs.ts';
import { countDropped, failuresOf, ledgerCounts, type LedgerCounts } from '../rows/ledger.ts';
import type { Stores } from '../../catalogue/stores.ts';
import { DiptychError } from '../../errors.ts';
import type { Comparison } from '../../metrics/comparison.ts';
import type { ObjectStore } from '../../objects/object-store.ts';
import { storeSource } from '../../search/open/store-source.ts';
import { readManifest } from '../../search/open/version-files.ts';
import { estimateCost, type CostEstimate } from './cost-estimate.ts';
import type { CostSettings } from './cost-settings.ts';
import { jobTimings, type JobTimings } from './job-timings.ts';
import { noImage } from '../steps/plan.ts';
import { isSwitchWanted } from '../steps/publish.ts';

/** How many items a report lists at most; the ledger has all of them. */
const named = 200;

export interface JobComparison extends Comparison {
  /** The condition as it was given; null without one. */
  readonly condition: string | null;
  /** Whether the change meets the condition. */
  readonly met: boolean;
}

/** What a job did: inputs = indexed + skipped + failed + pending. */
export interface JobReport {
  readonly job: string;
  readonly collection: string;
  readonly state: Job['state'];
  readonly model: string;
  readonly version: string | null;
  readonly inputs: number;
  /** Items in the version: `reused` of them had an embedding already, `encoded` got one in this job. */
  readonly indexed: number;
  readonly reused: number;
  readonly encoded: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly failed: Readonly<Record<string, number>>;
  /**
   * Items that the version lacks because they have no picture, and that the last job before had
   * indexed; null if there was no such job.
   */
  readonly dropped: number | null;
  /** Items that the job did not come to, or that are in no version because it failed or was cancelled. */
  readonly pending: number;
  /** Distinct captions; several items may share one. */
  readonly captions: { readonly encoded: number; readonly failed: number };
  readonly error: string | null;
  /** The comparison of the version with the one before; null if nothing was compared. */
  readonly comparison: JobComparison | null;
  /** Whether the version became the active one; null while the job runs. */
  readonly switched: boolean | null;
  /** The result of the comparison, or why there was none; null if the job did not get so far. */
  readonly switchReason: string | null;
  readonly createdAt: string;
  readonly endedAt: string | null;
  readonly timings: JobTimings;
  readonly cost: CostEstimate;
  /** The first items that were skipped or failed. */
  readonly items: readonly {
    readonly id: string;
    readonly state: string;
    readonly code: string | null;
    readonly reason: string | null;
  }[];
}

/** Add up the ledger of a job. */
export async function reportJob(
  { catalogue, objects }: Stores,
  job: Job,
  costs?: CostSettings,
): Promise<JobReport> {
  const { states, reasons, inputs } = await ledgerCounts(catalogue, job.id);
  const { image, text } = await unitCounts(catalogue, job.id);
  const manifest = await manifestOf(objects, job);
  const timings = jobTimings(job, catalogue.now());
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
    ...indexedOf(job, states),
    skipped: byCode('skipped'),
    failed: byCode('failed'),
    dropped: await droppedOf(catalogue, job),
    captions: { encoded: text.done, failed: text.failed },
    error: job.error,
    comparison: comparisonOf(job),
    switched: hasEnded(job.state) ? job.state === 'succeeded' && isSwitchWanted(job) : null,
    switchReason: job.counts?.compared?.reason ?? null,
    createdAt: new Date(job.createdAt).toISOString(),
    endedAt: job.endedAt === null ? null : new Date(job.endedAt).toISOString(),
    timings,
    cost: estimateCost(
      {
        ...{ inputs, batches: job.batches, encoded: image.done + text.done, timings },
        versionBytes: Object.values(manifest?.files ?? {}).reduce(
          (sum, file) => sum + file.bytes,
          0,
        ),
        embedDim: manifest?.model.embedDim ?? null,
      },
      costs,
    ),
    items: failures.map(({ itemId, state, code, reason }) => ({ id: itemId, state, code, reason })),
  };
}

/** How many jobs are looked through for the last one that succeeded. */
const jobsBack = 50;

async function droppedOf(
  catalogue: Stores['catalogue'],
  { id, collection }: Job,
): Promise<number | null> {
  const jobs = await listJobs(catalogue, collection, { before: id, limit: jobsBack });
  const last = jobs.find(({ state }) => state === 'succeeded');
  return last ? countDropped(catalogue, id, { code: noImage, earlier: last.id }) : null;
}

/** Say how many items are not in the version because they have no picture; null if none. */
export function withoutPicture({ skipped, dropped }: JobReport): string | null {
  const count = skipped[noImage] ?? 0;
  if (count === 0) return null;
  const [have, are] = count === 1 ? ['item has', 'is'] : ['items have', 'are'];
  const before = dropped ? `; ${dropped} of them ${dropped === 1 ? 'was' : 'were'} in the one before` : ''; // prettier-ignore
  return `${count} ${have} no picture and ${are} not in the version${before}`;
}

/** Count what is in the version. A job that ended without success has none that anybody may use. */
function indexedOf({ state }: Job, { reused, encoded, pending }: LedgerCounts['states']) {
  const ready = reused + encoded;
  if (!hasEnded(state) || state === 'succeeded')
    return { indexed: ready, reused, encoded, pending };
  return { indexed: 0, reused: 0, encoded: 0, pending: ready + pending };
}

function comparisonOf({ counts }: Job): JobComparison | null {
  const { comparison = null, condition = null, met = true } = counts?.compared ?? {};
  return comparison && { ...comparison, condition, met };
}

/** Read the manifest of the version that a job built; null if there is none or it was removed. */
async function manifestOf(
  objects: ObjectStore,
  { collection, version }: Job,
): Promise<Manifest | null> {
  if (version === null) return null;
  try {
    return await readManifest(storeSource(objects), collection, version);
  } catch (error) {
    if (error instanceof DiptychError && error.code === 'index_unreadable') return null;
    throw error;
  }
}
