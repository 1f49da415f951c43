import { isHeld } from './rows/job-lease.ts';
import { listActiveJobs } from './rows/jobs.ts';
import { sendLate, sendNext, type JobQueue } from './job-queue.ts';

/**
 * Send again what the active jobs wait for: a message was lost between a write and its sending, or
 * its consumer died. To be called now and then.
 *
 * @param sentBefore - ms since 1970: batches that were sent earlier and not heard of are lost
 */
export async function nudgeJobs(queue: JobQueue, sentBefore: number): Promise<void> {
  const { catalogue } = queue;
  for (const job of await listActiveJobs(catalogue)) {
    // A process runs it without the queue.
    if (isHeld(job, catalogue.now())) continue;
    await sendNext(queue, job.id, job);
    await sendLate(queue, job.id, sentBefore);
  }
}
