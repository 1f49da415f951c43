import { isActive, requestCancel, type Job } from './rows/jobs.ts';
import { requireJob } from './rows/require-job.ts';
import type { JobQueue } from './job-queue.ts';
import { stepOf } from './next-step.ts';

/**
 * Ask a job to stop. One that has ended stays as it is.
 *
 * @returns the job as it is then: what the queue carries next ends it
 * @throws DiptychError not_found
 */
export async function cancelJob({ catalogue, send }: JobQueue, id: string): Promise<Job> {
  await requireJob(catalogue, id);
  await requestCancel(catalogue, id);
  const job = await requireJob(catalogue, id);
  // The queue may carry nothing for it at present, or only what is to come later.
  if (isActive(job)) await send([stepOf(job)]);
  return job;
}
