import { isActive, type ActiveJob, type Job } from './rows/jobs.ts';
import { requireJob } from './rows/require-job.ts';
import { jobProgress, type JobProgress } from './job-progress.ts';
import { isBusy, underLease, withLease, type Runner } from './lease.ts';
import { nextStep } from './next-step.ts';
import { reportJob, type JobReport } from './report/job-report.ts';
import { keepReport } from './report/keep-report.ts';
import { isPassing, pause, withPatience } from './retry-policy.ts';
import type { JobWork } from './steps/step.ts';
import { giveUp, takeStep } from './take-step.ts';

/** What a job needs to be run in one process. */
export interface JobRun extends JobWork, Runner {
  readonly onProgress?: (progress: JobProgress) => void;
}

/**
 * Run a job to its end, from wherever it is: the same steps as a queue would carry, one after the
 * other in this process. What does not answer for a while is waited for.
 *
 * @throws DiptychError job_busy where another runner has it; catalogue_unavailable,
 *   embedder_unavailable, store_failed and an interrupt leave the job where it is, to be run again
 */
export async function runJob(run: JobRun, jobId: string): Promise<JobReport> {
  const read = () => readJob(run, jobId);
  await withLease(run, jobId, async () => {
    for (let job = await read(); isActive(job); job = await read()) {
      await tellProgress(run, job);
      await step(run, job);
    }
  });
  const ended = await read();
  return withPatience(run, async () => {
    await keepReport(run, ended);
    return reportJob(run, ended, run.costs);
  });
}

function readJob(run: JobRun, jobId: string): Promise<Job> {
  return withPatience(run, () => requireJob(run.catalogue, jobId));
}

async function tellProgress(run: JobRun, job: ActiveJob): Promise<void> {
  const { catalogue, onProgress } = run;
  if (onProgress) onProgress(await withPatience(run, () => jobProgress(catalogue, job)));
}

/** Do the next piece of work of the state that the job is in, or give it up. */
async function step(run: JobRun, job: ActiveJob): Promise<void> {
  const next = await withPatience(run, () => nextStep(run.catalogue, job));
  try {
    const follow = await withPatience(run, () => {
      run.signal?.throwIfAborted();
      return underLease(run, job.id, (signal) => takeStep({ ...run, signal }, job, next));
    });
    if (follow?.seconds) await pause(run, follow.seconds);
  } catch (error) {
    run.signal?.throwIfAborted();
    // Whoever ends a job takes the lease from its runner, who may be this one and try the step again.
    if (isBusy(error) && !isActive(await readJob(run, job.id))) return;
    if (isBusy(error) || isPassing(error)) throw error;
    await withPatience(run, () => giveUp(run, next, error));
  }
}
