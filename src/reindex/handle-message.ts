import {
  listBatches,
  pendingBatches,
  unfinishedBatches,
  unsettledBatches,
  updateBatches,
} from '../catalogue/job-batches.ts';
import { getJob, hasEnded, moveJob, type Job } from '../catalogue/jobs.ts';
import type { Embedder } from '../embedder/embedder.ts';
import { compareJob, isSwitchWanted, type Compare } from './compare-job.ts';
import type { CostSettings } from './cost-estimate.ts';
import { encodeBatch } from './encode-batch.ts';
import { failBatch } from './fail-batch.ts';
import type { JobMessage } from './job-messages.ts';
import { reportJob, writeReport } from './job-report.ts';
import { planNextBatch, type JobStores } from './plan-job.ts';
import { isOfBatch, reasonOf, retryDelay } from './retry-policy.ts';
import { settleBatch } from './settle-batch.ts';

/** What the consumer of a queue has at hand. */
export interface JobQueue extends JobStores {
  readonly embedder: Embedder;
  readonly send: (messages: readonly JobMessage[], delaySeconds?: number) => Promise<void>;
  /** Start or look after the build of a job; undefined while it goes on. */
  readonly build: (job: Job) => Promise<{ readonly version: string } | undefined>;
  readonly compare: Compare;
  /** Stop what was started for a job. It may be over, or its embedder away. */
  readonly stop: (job: Job) => Promise<void>;
  /** Make a version, which its builder has verified, the active one where it is to be. */
  readonly publish: (job: Job, version: string, activate: boolean) => Promise<void>;
  readonly costs?: CostSettings;
  /** Told of every attempt that failed. */
  readonly onFailure?: (message: JobMessage, error: unknown) => void;
}

/**
 * Batches that one message plans or settles: a consumer has bounded time, and what is planned can be
 * encoded while the next are planned.
 */
const atOnce = { plan: 4, settle: 20 } as const;
/** Between two looks at a build or a comparison, seconds. */
const pollSeconds = 2;

/**
 * Do the step of a job that a message asks for, and send what follows from it. A message that comes
 * twice, late or after the job ended changes nothing. What cannot be done is given up.
 *
 * @param attempt - how often the message came, from 1 on
 * @returns seconds after which the message is to come again; undefined: it is done with
 */
export async function handleMessage(
  queue: JobQueue,
  message: JobMessage,
  attempt = 1,
): Promise<number | undefined> {
  try {
    const job = await getJob(queue.catalogue, message.job);
    if (!job || hasEnded(job.state)) return undefined;
    if (job.cancelRequested) await cancel(queue, job);
    else await handle(queue, job, message);
  } catch (error) {
    queue.onFailure?.(message, error);
    const seconds = retryDelay(error, attempt);
    if (seconds !== null) return seconds;
    await giveUp(queue, message, error);
  }
  return undefined;
}

async function handle(queue: JobQueue, job: Job, message: JobMessage): Promise<void> {
  switch (message.step) {
    case 'plan':
      return plan(queue, job);
    case 'encode':
      if (job.state !== 'encoding' && job.state !== 'planning') return;
      await encodeBatch(queue, queue.embedder, job, message.batch);
      return settleWhenDone(queue, job);
    case 'settle':
      return settle(queue, job);
    case 'build':
      return build(queue, job);
    case 'compare':
      return compare(queue, job);
    case 'publish':
      return publish(queue, job);
  }
}

/** Plan some batches and send them off, so that encoding begins while the rest is planned. */
async function plan(queue: JobQueue, job: Job): Promise<void> {
  let at = job;
  // The first one by itself: an embedder waits for it.
  const count = job.batches === 0 ? 1 : atOnce.plan;
  for (let i = 0; i < count && at.state === 'planning'; i++) {
    at = await planNextBatch(queue, at);
  }
  // Ahead of the batches, so that planning keeps ahead of encoding.
  if (at.state === 'planning') await queue.send([{ step: 'plan', job: job.id }]);
  await sendPending(queue, job.id);
  if (at.state === 'encoding') await settleWhenDone(queue, at);
}

async function sendPending({ catalogue, send }: JobQueue, job: string): Promise<void> {
  for (;;) {
    const pending = await pendingBatches(catalogue, job, 100);
    if (pending.length === 0) return;
    await send(pending.map(({ batch }) => ({ step: 'encode', job, batch })));
    const sent = pending.map(({ batch }) => batch);
    await catalogue.atomically(updateBatches(catalogue, job, sent, ['pending'], 'sent'));
  }
}

async function settleWhenDone({ catalogue, send }: JobQueue, { id }: Job): Promise<void> {
  const [unfinished] = await unfinishedBatches(catalogue, id, 1);
  if (unfinished) return;
  const job = await getJob(catalogue, id);
  if (job?.state === 'encoding') await send([{ step: 'settle', job: id }]);
}

async function settle(queue: JobQueue, job: Job): Promise<void> {
  if (job.state !== 'encoding') return;
  const open = await unsettledBatches(queue.catalogue, job.id, atOnce.settle);
  for (const { batch } of open) await settleBatch(queue, job, batch);
  if (open.length > 0) return queue.send([{ step: 'settle', job: job.id }]);
  await moveJob(queue.catalogue, job.id, 'encoding', 'building');
  await queue.send([{ step: 'build', job: job.id }]);
}

async function build(queue: JobQueue, job: Job): Promise<void> {
  if (job.state !== 'building') return;
  const built = await queue.build(job);
  if (!built) return queue.send([{ step: 'build', job: job.id }], pollSeconds);
  const { version } = built;
  await moveJob(queue.catalogue, job.id, 'building', 'comparing', { version });
  await queue.send([{ step: 'compare', job: job.id }]);
}

async function compare(queue: JobQueue, job: Job): Promise<void> {
  if (job.state !== 'comparing') return;
  const isDone = await compareJob(queue, job);
  if (!isDone) return queue.send([{ step: 'compare', job: job.id }], pollSeconds);
  await queue.send([{ step: 'publish', job: job.id }]);
}

async function publish(queue: JobQueue, job: Job): Promise<void> {
  if (job.state !== 'publishing') return;
  await queue.publish(job, job.version!, isSwitchWanted(job));
  await end(queue, job, 'succeeded');
}

async function cancel(queue: JobQueue, job: Job): Promise<void> {
  if (job.state === 'building' || job.state === 'comparing') await queue.stop(job);
  await end(queue, job, 'cancelled');
}

async function end(
  queue: JobQueue,
  job: Job,
  state: 'succeeded' | 'failed' | 'cancelled',
  error?: string,
): Promise<void> {
  const { catalogue, objects, costs } = queue;
  await moveJob(catalogue, job.id, job.state, state, error === undefined ? {} : { error });
  const ended = await getJob(catalogue, job.id);
  if (ended) await writeReport(objects, await reportJob(queue, ended, costs));
}

/** Give up a message that came as often as the queue sends one. */
export async function handleDeadLetter(queue: JobQueue, message: JobMessage): Promise<void> {
  await giveUp(queue, message, 'it was tried as often as the queue does');
}

/** A batch that cannot be encoded fails alone; without any other step the job fails. */
async function giveUp(queue: JobQueue, message: JobMessage, error: unknown): Promise<void> {
  const { catalogue } = queue;
  const job = await getJob(catalogue, message.job);
  if (!job || hasEnded(job.state)) return;
  if (message.step !== 'encode' || !isOfBatch(error)) {
    return end(queue, job, 'failed', reasonOf(error));
  }
  await failBatch(queue, job.id, message.batch, reasonOf(error));
  await settleWhenDone(queue, job);
}

/**
 * Send again what an active job waits for: a message that was lost between a write and its sending,
 * or a consumer that died. To be called now and then.
 */
export async function nudgeJob(queue: JobQueue, job: Job, sentBefore: number): Promise<void> {
  const { send } = queue;
  const { id } = job;
  switch (job.state) {
    case 'planning':
      await send([{ step: 'plan', job: id }]);
      return resend(queue, id, sentBefore);
    case 'encoding':
      await sendPending(queue, id);
      await resend(queue, id, sentBefore);
      return settleWhenDone(queue, job);
    case 'building':
      return send([{ step: 'build', job: id }]);
    case 'comparing':
      return send([{ step: 'compare', job: id }]);
    case 'publishing':
      return send([{ step: 'publish', job: id }]);
    default:
  }
}

/** Batches that were sent long ago and not heard of since. */
async function resend({ catalogue, send }: JobQueue, job: string, before: number): Promise<void> {
  const late = (await listBatches(catalogue, job, ['sent'], 1000)).filter(
    ({ updatedAt }) => updatedAt < before,
  );
  if (late.length === 0) return;
  await send(late.map(({ batch }) => ({ step: 'encode', job, batch })));
  const again = late.map(({ batch }) => batch);
  await catalogue.atomically(updateBatches(catalogue, job, again, ['sent'], 'sent'));
}
