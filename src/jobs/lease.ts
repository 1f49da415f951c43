import type { Catalogue } from '../catalogue/catalogue.ts';
import { releaseLease, renewLease, takeLease } from './rows/job-lease.ts';
import { getJob, isActive } from './rows/jobs.ts';
import { requireJob } from './rows/require-job.ts';
import { DiptychError } from '../errors.ts';
import { withPatience, type Patience } from './retry-policy.ts';

/** A runner that has not renewed its lease for this long is considered dead, milliseconds. */
const leaseMs = 60_000;

/** A process that runs a job. */
export interface Runner extends Patience {
  readonly catalogue: Catalogue;
  readonly owner: string;
  /** During a long step, the job is looked at this often, milliseconds; default 20 s. */
  readonly lookEveryMs?: number;
}

/**
 * Hold the lease of a job while work is done on it. A job that has ended needs no lease.
 *
 * @throws DiptychError job_busy - another runner has the job
 * @throws whatever `work` throws
 */
export async function withLease(
  runner: Runner,
  jobId: string,
  work: () => Promise<void>,
): Promise<void> {
  const { catalogue, owner } = runner;
  const until = () => catalogue.now() + leaseMs;
  const isOurs = await withPatience(runner, () => takeLease(catalogue, jobId, owner, until()));
  const job = await withPatience(runner, () => requireJob(catalogue, jobId));
  if (!isOurs && isActive(job)) throw busy(jobId, 'another process runs it');
  try {
    await work();
  } finally {
    await releaseLease(catalogue, jobId, owner).catch(() => {
      // A lease that could not be given back expires by itself.
    });
  }
}

/**
 * Do a step of a job and keep renewing its lease until the step ends. The step is aborted if the job is
 * cancelled.
 *
 * @returns what the step returns, or undefined if it was aborted
 * @throws DiptychError job_busy - another runner has the job
 * @throws whatever the step throws
 */
export async function underLease<T>(
  runner: Runner,
  jobId: string,
  step: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  await renew(runner, jobId);
  const stop = new AbortController();
  const { signal, lookEveryMs = leaseMs / 3 } = runner;
  let timer: ReturnType<typeof setTimeout>;
  const lookLater = () => void (timer = setTimeout(() => void look(), lookEveryMs));
  let isOver = false;
  const look = async () => {
    try {
      await renew(runner, jobId);
      const job = await getJob(runner.catalogue, jobId);
      if (job?.cancelRequested) stop.abort();
    } catch (error) {
      // If the catalogue does not answer, the step itself notices and decides what to do.
      if (isBusy(error)) stop.abort(error);
    }
    if (!isOver) lookLater();
  };
  lookLater();
  try {
    return await step(AbortSignal.any([stop.signal, ...(signal ? [signal] : [])]));
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    if (isBusy(stop.signal.reason)) throw stop.signal.reason;
    return undefined;
  } finally {
    isOver = true;
    clearTimeout(timer!);
  }
}

async function renew({ catalogue, owner }: Runner, jobId: string): Promise<void> {
  if (await renewLease(catalogue, jobId, owner, catalogue.now() + leaseMs)) return;
  throw busy(jobId, 'another process took it over');
}

function busy(job: string, why: string): DiptychError {
  return new DiptychError('job_busy', `job ${job}: ${why}`, { job });
}

/** Whether another runner has the job. */
export function isBusy(error: unknown): boolean {
  return error instanceof DiptychError && error.code === 'job_busy';
}
