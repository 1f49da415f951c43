import {
  getJob,
  hasEnded,
  isActive,
  moveJob,
  type ActiveJob,
  type JobChange,
} from './rows/jobs.ts';
import type { ActiveJobState, JobState } from '../catalogue/schema/tables.ts';
import { failBatch } from './steps/fail-batch.ts';
import type { JobMessage } from './job-messages.ts';
import { stateOf } from './machine.ts';
import { keepReport } from './report/keep-report.ts';
import { isOfBatch, reasonOf } from './retry-policy.ts';
import { pollSeconds, type JobWork } from './steps/step.ts';
import { encodeBatch } from './steps/encode.ts';

/** What follows a step: more work in this state, now or after some seconds. */
export interface Follow {
  readonly state: ActiveJobState;
  readonly seconds?: number;
}

/**
 * Do a step of a job, and move the job to the state that the step names. A job that was asked to stop
 * is cancelled instead.
 *
 * @param job - the job as it was when the step began
 * @returns what follows, or undefined if nothing does: the job has ended, another message continues
 *   it, or the message belongs to a state that the job has left
 */
export async function takeStep(
  work: JobWork,
  job: ActiveJob,
  message: JobMessage,
): Promise<Follow | undefined> {
  const state = stateOf(job);
  if (job.cancelRequested) {
    if (state.isElsewhere) await work.stop?.(job);
    return move(work, job, 'cancelled');
  }
  if (message.step === 'encode') {
    if (!state.batches) return undefined;
    await encodeBatch(work, job, message.batch);
    return afterBatch(work, job);
  }
  if (message.step !== state.step) return undefined;
  const outcome = await state.run(work, job);
  if (outcome === 'again') return { state: job.state };
  if (outcome === 'elsewhere') return { state: job.state, seconds: pollSeconds };
  const { to, ...change } = outcome;
  return move(work, job, to, change);
}

/**
 * Give up a step that cannot be done. A batch that cannot be encoded fails alone; for any other step
 * the whole job fails.
 *
 * @returns what follows, as in `takeStep`
 */
export async function giveUp(
  work: JobWork,
  message: JobMessage,
  error: unknown,
): Promise<Follow | undefined> {
  const job = await getJob(work.catalogue, message.job);
  if (!job || !isActive(job)) return undefined;
  if (message.step !== 'encode') {
    if (message.step !== stateOf(job).step) return undefined;
  } else if (isOfBatch(error)) {
    await failBatch(work, job.id, message.batch, reasonOf(error));
    return afterBatch(work, job);
  }
  return move(work, job, 'failed', { error: reasonOf(error) });
}

async function move(
  work: JobWork,
  { id, state }: ActiveJob,
  to: JobState,
  change?: JobChange,
): Promise<Follow | undefined> {
  const { catalogue } = work;
  await moveJob(catalogue, id, state, to, change);
  if (!hasEnded(to)) return { state: to };
  const ended = await getJob(catalogue, id);
  if (ended) await keepReport(work, ended);
  return undefined;
}

/**
 * Find what follows an encoded batch. The job is read again, because planning may have ended during the
 * encoding. While planning goes on, it has its own message, so nothing follows the batch.
 */
async function afterBatch({ catalogue }: JobWork, { id }: ActiveJob): Promise<Follow | undefined> {
  const job = await getJob(catalogue, id);
  if (!job || !isActive(job) || stateOf(job).batches !== 'first') return undefined;
  return { state: job.state };
}
