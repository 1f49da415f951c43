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

/** What is needed to run a job in one process. */
export interface JobRun extends JobWork, Runner {
  readonly onProgress?: (progress: JobProgress) => void;
}

/**
 * Run a job from its present state to its end. The steps are those that a queue would deliver; here
 * they run one after the other in this process. If a service does not answer, the job waits for it.
 *
 * @throws DiptychError job_busy - another runner has the job
 * @throws DiptychError catalogue_unavailable, embedder_unavailable, store_failed - the job stays where
 *   it is, as after an interrupt, and can be run again
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

/** Do the next part of the work of the job's state, or give it up. */
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
    // A job that ends loses its lease: another process, or a failed try of this step, may have ended it.
    if (isBusy(error) && !isActive(await readJob(run, job.id))) return;
    if (isBusy(error) || isPassing(error)) throw error;
    await withPatience(run, () => giveUp(run, next, error));
  }
}
