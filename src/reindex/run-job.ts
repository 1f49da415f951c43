import { batchCounts, unfinishedBatches, unsettledBatches } from '../catalogue/job-batches.ts';
import { releaseLease, takeLease } from '../catalogue/job-lease.ts';
import { getJob, hasEnded, moveJob, type Job } from '../catalogue/jobs.ts';
import type { JobState } from '../catalogue/tables.ts';
import type { Embedder } from '../embedder/embedder.ts';
import { DiptychError } from '../errors.ts';
import { compareJob, isSwitchWanted, type CompareAtOnce } from './compare-job.ts';
import type { CostSettings } from './cost-estimate.ts';
import { encodeBatch } from './encode-batch.ts';
import { failBatch } from './fail-batch.ts';
import { reportJob, writeReport, type JobReport } from './job-report.ts';
import { planNextBatch, type JobStores } from './plan-job.ts';
import { isOfBatch, isPassing, reasonOf, withPatience, type Patience } from './retry-policy.ts';
import { settleBatch } from './settle-batch.ts';
import { isBusy, leaseMs, underLease, type Runner } from './under-lease.ts';

/** What a job needs besides its stores. */
export interface JobRun extends JobStores, Patience, Runner {
  readonly embedder: Embedder;
  /** Build the version that the pages of the job describe. */
  readonly build: (job: Job, signal?: AbortSignal) => Promise<{ readonly version: string }>;
  readonly compare: CompareAtOnce;
  /** Verify a version that was built and, where it is to be, make it the active one. */
  readonly publish: (job: Job, version: string, activate: boolean) => Promise<void>;
  readonly onProgress?: (progress: JobProgress) => void;
  readonly costs?: CostSettings;
}

export interface JobProgress {
  readonly state: JobState;
  /** Batches. */
  readonly done: number;
  readonly total: number;
}

/**
 * Run a job to its end, from wherever it is: the same steps as a queue would carry, one after the
 * other in this process. What does not answer for a while is waited for.
 *
 * @throws DiptychError job_busy where another runner has it; catalogue_unavailable,
 *   embedder_unavailable, store_failed and an interrupt leave the job where it is, to be run again
 */
export async function runJob(run: JobRun, jobId: string): Promise<JobReport> {
  const { catalogue, owner } = run;
  const claim = () => takeLease(catalogue, jobId, owner, catalogue.now() + leaseMs);
  const isOurs = await withPatience(run, claim);
  let job = await withPatience(run, () => mustGet(run, jobId));
  if (!isOurs) {
    if (hasEnded(job.state)) return reportJob(run, job, run.costs);
    throw new DiptychError('job_busy', `job ${jobId}: another process runs it`, { job: jobId });
  }
  try {
    while (!hasEnded(job.state)) job = await step(run, job);
    return await withPatience(run, async () => {
      const report = await reportJob(run, job, run.costs);
      await writeReport(run.objects, report);
      return report;
    });
  } finally {
    await releaseLease(catalogue, jobId, owner).catch(() => {
      // It runs out by itself.
    });
  }
}

/** Do the next piece of work of the state that the job is in, or say that it cannot be done. */
async function step(run: JobRun, job: Job): Promise<Job> {
  try {
    await withPatience(run, () => takeStep(run, job));
  } catch (error) {
    run.signal?.throwIfAborted();
    if (isBusy(error) || isPassing(error)) throw error;
    await withPatience(run, () => giveUp(run, job, error));
  }
  return withPatience(run, () => mustGet(run, job.id));
}

async function takeStep(run: JobRun, job: Job): Promise<void> {
  run.signal?.throwIfAborted();
  await underLease(run, job.id, async (signal) => {
    if (job.cancelRequested) await moveJob(run.catalogue, job.id, job.state, 'cancelled');
    else await steps[job.state]({ ...run, signal }, job);
  });
}

const steps: Readonly<Record<string, (run: JobRun, job: Job) => Promise<void>>> = {
  planning: plan,
  encoding: encode,
  building: build,
  comparing: async (run, job) => void (await compareJob(run, job, run.signal)),
  publishing: publish,
};

async function plan(run: JobRun, job: Job): Promise<void> {
  const { batches } = await planNextBatch(run, job);
  run.onProgress?.({ state: 'planning', done: batches, total: batches });
}

async function encode(run: JobRun, job: Job): Promise<void> {
  const { catalogue, embedder, onProgress, signal } = run;
  const [next] = await unfinishedBatches(catalogue, job.id, 1);
  if (!next) return settle(run, job);
  await encodeBatch(run, embedder, job, next.batch, signal);
  const { pending, sent } = await batchCounts(catalogue, job.id);
  onProgress?.({ state: 'encoding', done: job.batches - pending - sent, total: job.batches });
}

async function settle(run: JobRun, job: Job): Promise<void> {
  const [next] = await unsettledBatches(run.catalogue, job.id, 1);
  if (next) await settleBatch(run, job, next.batch);
  else await moveJob(run.catalogue, job.id, 'encoding', 'building');
}

async function build(run: JobRun, job: Job): Promise<void> {
  const { version } = await run.build(job, run.signal);
  await moveJob(run.catalogue, job.id, 'building', 'comparing', { version });
}

async function publish(run: JobRun, job: Job): Promise<void> {
  await run.publish(job, job.version!, isSwitchWanted(job));
  await moveJob(run.catalogue, job.id, 'publishing', 'succeeded');
}

/** A batch that cannot be encoded fails alone; without any other step the job fails. */
async function giveUp(run: JobRun, job: Job, error: unknown): Promise<void> {
  const { catalogue } = run;
  const [batch] = job.state === 'encoding' ? await unfinishedBatches(catalogue, job.id, 1) : [];
  if (batch && isOfBatch(error)) return failBatch(run, job.id, batch.batch, reasonOf(error));
  await moveJob(catalogue, job.id, job.state, 'failed', { error: reasonOf(error) });
}

async function mustGet({ catalogue }: JobStores, id: string): Promise<Job> {
  const job = await getJob(catalogue, id);
  if (job) return job;
  throw new DiptychError('not_found', `there is no job ${id}`, { job: id });
}
