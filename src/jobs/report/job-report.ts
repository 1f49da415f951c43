import type { Manifest } from '../../version/manifest.ts';
import { unitCounts } from '../rows/job-units.ts';
import { hasEnded, type Job } from '../rows/jobs.ts';
import { failuresOf, ledgerCounts } from '../rows/ledger.ts';
import type { Stores } from '../../catalogue/stores.ts';
import { DiptychError } from '../../errors.ts';
import type { Comparison } from '../../metrics/comparison.ts';
import type { ObjectStore } from '../../objects/object-store.ts';
import { storeSource } from '../../search/open/store-source.ts';
import { readManifest } from '../../search/open/version-files.ts';
import { estimateCost, type CostEstimate, type CostSettings } from './cost-estimate.ts';
import { jobTimings, type JobTimings } from './job-timings.ts';
import { isSwitchWanted } from '../steps/publish.ts';

/** Items that a report names one by one; the ledger has them all. */
const named = 200;

export interface JobComparison extends Comparison {
  /** As it was given, and whether the change meets it. */
  readonly condition: string | null;
  readonly met: boolean;
}

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
  /** The version against the one before; null where nothing was compared. */
  readonly comparison: JobComparison | null;
  /** Whether the version became the active one; null while that is open. */
  readonly switched: boolean | null;
  /** What the comparison came to, or why there was none; null where the job did not come so far. */
  readonly switchReason: string | null;
  readonly createdAt: string;
  readonly endedAt: string | null;
  readonly timings: JobTimings;
  readonly cost: CostEstimate;
  /** The first of those skipped or failed. */
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
    indexed: states.reused + states.encoded,
    reused: states.reused,
    encoded: states.encoded,
    skipped: byCode('skipped'),
    failed: byCode('failed'),
    pending: states.pending,
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

function comparisonOf({ counts }: Job): JobComparison | null {
  const { comparison = null, condition = null, met = true } = counts?.compared ?? {};
  return comparison && { ...comparison, condition, met };
}

/** Of the version that a job built, if it did and that is still there. */
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
