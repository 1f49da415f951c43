import { getJob, isActive } from './rows/jobs.ts';
import type { JobMessage } from './job-messages.ts';
import { sendNext, sendStep, type JobQueue } from './job-queue.ts';
import { stepOf } from './next-step.ts';
import { keepReport } from './report/keep-report.ts';
import { retryDelay } from './retry-policy.ts';
import type { JobWork } from './steps/step.ts';
import { giveUp, takeStep, type Follow } from './take-step.ts';

/** What the consumer of a queue has at hand. */
export interface JobConsumer extends JobWork, JobQueue {
  /** Told of every attempt that failed. */
  readonly onFailure?: (message: JobMessage, error: unknown) => void;
}

/**
 * Do the step of a job that a message asks for, and send what follows from it. A message that comes
 * twice, late or after the job ended changes nothing. What cannot be done is given up.
 *
 * @param attempt - how often the message came, from 1 on
 * @returns seconds after which the message is to come again; undefined: it is done with
 */
export async function handleMessage(
  consumer: JobConsumer,
  message: JobMessage,
  attempt = 1,
): Promise<number | undefined> {
  try {
    await handle(consumer, message, attempt);
  } catch (error) {
    consumer.onFailure?.(message, error);
    const seconds = retryDelay(error, attempt);
    if (seconds !== null) return seconds;
    await handleDeadLetter(consumer, message, error);
  }
  return undefined;
}

async function handle(consumer: JobConsumer, message: JobMessage, attempt: number): Promise<void> {
  const job = await getJob(consumer.catalogue, message.job);
  if (!job) return;
  // Whoever ended it may have broken off before the report was written.
  if (!isActive(job)) return keepReport(consumer, job);
  const follow = await takeStep(consumer, job, message);
  if (follow) return sendFollow(consumer, message, follow);
  // Whoever had the message before may have moved the job on, and broken off before it sent the rest.
  const isOver = message.step !== 'encode' && message.step !== stepOf(job).step;
  if (isOver && attempt > 1) await sendNext(consumer, job.id, job);
}

/** Give up a message that came as often as the queue sends one. */
export async function handleDeadLetter(
  consumer: JobConsumer,
  message: JobMessage,
  error: unknown = 'it was tried as often as the queue does',
): Promise<void> {
  const follow = await giveUp(consumer, message, error);
  if (follow) await sendFollow(consumer, message, follow);
}

function sendFollow(consumer: JobConsumer, { step, job }: JobMessage, follow: Follow) {
  // Whoever plans sends the batches: if one that is done did so as well, some would be sent twice.
  return (step === 'encode' ? sendStep : sendNext)(consumer, job, follow);
}
