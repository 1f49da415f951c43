import { isHeld } from './rows/job-lease.ts';
import { listActiveJobs } from './rows/jobs.ts';
import { sendLate, sendNext, type JobQueue } from './job-queue.ts';

/**
 * Send again the messages that active jobs wait for. A message can get lost if a process dies after it
 * wrote a row and before it sent the message, or while it handles the message. Call this from time to
 * time.
 *
 * @param sentBefore - ms since 1970: a batch that was sent earlier and has no result counts as lost
 */
export async function nudgeJobs(queue: JobQueue, sentBefore: number): Promise<void> {
  const { catalogue } = queue;
  for (const job of await listActiveJobs(catalogue)) {
    // A process runs this job by itself, without the queue.
    if (isHeld(job, catalogue.now())) continue;
    await sendNext(queue, job.id, job);
    await sendLate(queue, job.id, sentBefore);
  }
}
