import { batchCounts, pendingBatches } from '../catalogue/job-batches.ts';
import { releaseLease, renewLease, takeLease } from '../catalogue/job-lease.ts';
import { getJob, hasEnded, moveJob, type Job } from '../catalogue/jobs.ts';
import type { JobState } from '../catalogue/tables.ts';
import type { Embedder } from '../embedder/embedder.ts';
import { DiptychError } from '../errors.ts';
import { compareJob, isSwitchWanted, type Compare } from './compare-job.ts';
import type { CostSettings } from './cost-estimate.ts';
import { encodeBatch } from './encode-batch.ts';
import { reportJob, writeReport, type JobReport } from './job-report.ts';
import { planNextBatch, type JobStores } from './plan-job.ts';
import { settleBatch } from './settle-batch.ts';

/** What a job needs besides its stores. */
export interface JobRun extends JobStores {
  readonly embedder: Embedder;
  /** Build the version that the pages of the job describe. */
  readonly build: (job: Job, signal?: AbortSignal) => Promise<{ readonly version: string }>;
  readonly compare: Compare;
  /** Verify a version that was built and, where it is to be, make it the active one. */
  readonly publish: (job: Job, version: string, activate: boolean) => Promise<void>;
  /** Who runs it; a lease keeps others off. */
  readonly owner: string;
  readonly onProgress?: (progress: JobProgress) => void;
  readonly costs?: CostSettings;
  readonly signal?: AbortSignal;
}

export interface JobProgress {
  readonly state: JobState;
  /** Batches. */
  readonly done: number;
  readonly total: number;
}

/** How long a runner that says nothing is taken for alive, milliseconds. */
const leaseMs = 60_000;

/**
 * Run a job to its end, from wherever it is: the same steps as a queue would carry, one after the
 * other in this process.
 *
 * @throws DiptychError job_busy where another runner has it; catalogue_unavailable,
 *   embedder_unavailable and an interrupt leave the job where it is, to be run again
 */
export async function runJob(run: JobRun, jobId: string): Promise<JobReport> {
  const { catalogue, owner } = run;
  if (!(await takeLease(catalogue, jobId, owner, catalogue.now() + leaseMs))) {
    const job = await mustGet(run, jobId);
    if (hasEnded(job.state)) return reportJob(run, job, run.costs);
    throw new DiptychError('job_busy', `job ${jobId}: another process runs it`, { job: jobId });
  }
  try {
    let job = await mustGet(run, jobId);
    while (!hasEnded(job.state)) job = await step(run, job);
    const report = await reportJob(run, job, run.costs);
    await writeReport(run.objects, report);
    return report;
  } finally {
    await releaseLease(catalogue, jobId, owner).catch(() => {
      // It runs out by itself.
    });
  }
}

/** Do the work of one state, or end the job where that cannot be done. */
async function step(run: JobRun, job: Job): Promise<Job> {
  const { catalogue } = run;
  try {
    if (job.cancelRequested) await moveJob(catalogue, job.id, job.state, 'cancelled');
    else await steps[job.state](run, job);
  } catch (error) {
    if (isTransient(error, run.signal)) throw error;
    const message =
      error instanceof DiptychError ? `${error.code}: ${error.message}` : String(error);
    await moveJob(catalogue, job.id, job.state, 'failed', { error: message });
  }
  return mustGet(run, job.id);
}

const steps: Readonly<Record<string, (run: JobRun, job: Job) => Promise<void>>> = {
  planning: plan,
  encoding: encode,
  building: build,
  comparing: async (run, job) => void (await compareJob(run, job, run.signal)),
  publishing: publish,
};

async function plan(run: JobRun, job: Job): Promise<void> {
  for (let at = job; at.state === 'planning';) {
    if (await shouldStop(run, job)) return;
    at = await planNextBatch(run, at);
    run.onProgress?.({ state: 'planning', done: at.batches, total: at.batches });
  }
}

async function encode(run: JobRun, job: Job): Promise<void> {
  const { catalogue, onProgress, signal } = run;
  for (;;) {
    const [next] = await pendingBatches(catalogue, job.id, 1);
    if (!next) break;
    if (await shouldStop(run, job)) return;
    await encodeBatch(run, run.embedder, job, next.batch, signal);
    const { done } = await batchCounts(catalogue, job.id);
    onProgress?.({ state: 'encoding', done, total: job.batches });
  }
  for (let batch = 0; batch < job.batches; batch++) {
    if (await shouldStop(run, job)) return;
    await settleBatch(run, job, batch);
  }
  await moveJob(catalogue, job.id, 'encoding', 'building');
}

async function build(run: JobRun, job: Job): Promise<void> {
  const { version } = await run.build(job, run.signal);
  await moveJob(run.catalogue, job.id, 'building', 'comparing', { version });
}

async function publish(run: JobRun, job: Job): Promise<void> {
  await run.publish(job, job.version!, isSwitchWanted(job));
  await moveJob(run.catalogue, job.id, 'publishing', 'succeeded');
}

/** Whether the job was cancelled; on the way the lease is renewed. @throws what the signal says */
async function shouldStop({ catalogue, owner, signal }: JobRun, { id }: Job): Promise<boolean> {
  signal?.throwIfAborted();
  if (!(await renewLease(catalogue, id, owner, catalogue.now() + leaseMs))) {
    throw new DiptychError('job_busy', `job ${id}: another process took it over`, { job: id });
  }
  return (await getJob(catalogue, id))?.cancelRequested ?? true;
}

function isTransient(error: unknown, signal?: AbortSignal): boolean {
  const codes = ['catalogue_unavailable', 'embedder_unavailable', 'job_busy'];
  return signal?.aborted === true || (error instanceof DiptychError && codes.includes(error.code));
}

async function mustGet({ catalogue }: JobStores, id: string): Promise<Job> {
  const job = await getJob(catalogue, id);
  if (job) return job;
  throw new DiptychError('not_found', `there is no job ${id}`, { job: id });
}
