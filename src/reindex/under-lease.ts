import type { Catalogue } from '../catalogue/catalogue.ts';
import { renewLease } from '../catalogue/job-lease.ts';
import { getJob } from '../catalogue/jobs.ts';
import { DiptychError } from '../errors.ts';

/** How long a runner that says nothing is taken for alive, milliseconds. */
export const leaseMs = 60_000;

/** Who runs a job. */
export interface Runner {
  readonly catalogue: Catalogue;
  readonly owner: string;
  /** Between two looks at the job while a step takes its time, milliseconds; default 20 s. */
  readonly lookEveryMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Do a step of a job under its lease, which is renewed meanwhile. The step is broken off when the job
 * is cancelled.
 *
 * @throws DiptychError job_busy: another runner has the job; else what the step does
 */
export async function underLease(
  runner: Runner,
  jobId: string,
  step: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
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
      // What does not answer is for the step to meet.
      if (isBusy(error)) stop.abort(error);
    }
    if (!isOver) lookLater();
  };
  lookLater();
  try {
    await step(AbortSignal.any([stop.signal, ...(signal ? [signal] : [])]));
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    if (isBusy(stop.signal.reason)) throw stop.signal.reason;
  } finally {
    isOver = true;
    clearTimeout(timer!);
  }
}

async function renew({ catalogue, owner }: Runner, jobId: string): Promise<void> {
  if (await renewLease(catalogue, jobId, owner, catalogue.now() + leaseMs)) return;
  throw new DiptychError('job_busy', `job ${jobId}: another process took it over`, { job: jobId });
}

/** Whether another runner has the job. */
export function isBusy(error: unknown): boolean {
  return error instanceof DiptychError && error.code === 'job_busy';
}
