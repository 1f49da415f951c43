import { getJob, isActive } from './rows/jobs.ts';
import type { JobMessage } from './job-messages.ts';
import { sendNext, sendStep, type JobQueue } from './job-queue.ts';
import { stepOf } from './next-step.ts';
import { keepReport } from './report/keep-report.ts';
import { retryDelay } from './retry-policy.ts';
import type { JobWork } from './steps/step.ts';
import { giveUp, takeStep, type Follow } from './take-step.ts';

/** What the consumer of a queue works with. */
export interface JobConsumer extends JobWork, JobQueue {
  /** Called for every attempt that fails. */
  readonly onFailure?: (message: JobMessage, error: unknown) => void;
}

/**
 * Do the step of a job that a message asks for, and send the messages that follow. A message that
 * arrives twice, late or after the end of the job changes nothing. A step that cannot be done is given
 * up.
 *
 * @param attempt - how often the message was delivered, from 1 on
 * @returns seconds after which the queue must deliver the message again, or undefined if it is finished
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
  // The process that ended the job may have stopped before it wrote the report.
  if (!isActive(job)) return keepReport(consumer, job);
  const follow = await takeStep(consumer, job, message);
  if (follow) return sendFollow(consumer, message, follow);
  // An earlier attempt may have moved the job on and stopped before it sent the next messages.
  const isOver = message.step !== 'encode' && message.step !== stepOf(job).step;
  if (isOver && attempt > 1) await sendNext(consumer, job.id, job);
}

/** Give up a message after its last delivery. */
export async function handleDeadLetter(
  consumer: JobConsumer,
  message: JobMessage,
  error: unknown = 'it failed as often as the queue tries a message',
): Promise<void> {
  const follow = await giveUp(consumer, message, error);
  if (follow) await sendFollow(consumer, message, follow);
}

function sendFollow(consumer: JobConsumer, { step, job }: JobMessage, follow: Follow) {
  // The planning step sends the batches. If an encoded batch sent them too, some would be sent twice.
  return (step === 'encode' ? sendStep : sendNext)(consumer, job, follow);
}
