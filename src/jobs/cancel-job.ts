import { isActive, requestCancel, type Job } from './rows/jobs.ts';
import { requireJob } from './rows/require-job.ts';
import type { JobQueue } from './job-queue.ts';
import { stepOf } from './next-step.ts';

/**
 * Ask a job to stop. A job that has ended stays as it is.
 *
 * @returns the job after the request; it ends when the queue delivers its next message
 * @throws DiptychError not_found
 */
export async function cancelJob({ catalogue, send }: JobQueue, id: string): Promise<Job> {
  await requireJob(catalogue, id);
  await requestCancel(catalogue, id);
  const job = await requireJob(catalogue, id);
  // The queue may hold no message of this job now, or only a delayed one.
  if (isActive(job)) await send([stepOf(job)]);
  return job;
}
