import { listBatches, pendingBatches, updateBatches } from './rows/job-batches.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { JobMessage } from './job-messages.ts';
import { stateOf } from './machine.ts';
import { nextStep } from './next-step.ts';
import type { Follow } from './take-step.ts';

/** Where messages for jobs are sent. */
export interface JobQueue {
  readonly catalogue: Catalogue;
  readonly send: (messages: readonly JobMessage[], delaySeconds?: number) => Promise<void>;
}

/** Send the next messages of a job: the step of its state, and the batches that can be encoded. */
export async function sendNext(queue: JobQueue, id: string, follow: Follow): Promise<void> {
  // This message goes before the batches, so that planning stays ahead of encoding.
  await sendStep(queue, id, follow);
  if (stateOf(follow).batches) await sendPending(queue, id);
}

/** Send the step of a job's state, unless the state still waits for batches. */
export async function sendStep(
  { catalogue, send }: JobQueue,
  id: string,
  { state, seconds }: Follow,
): Promise<void> {
  const next = await nextStep(catalogue, { id, state });
  if (next.step !== 'encode') await send([next], seconds);
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

/** Send again the batches that were sent before a time, ms since 1970, and have no result yet. */
export async function sendLate(
  { catalogue, send }: JobQueue,
  job: string,
  before: number,
): Promise<void> {
  const late = (await listBatches(catalogue, job, ['sent'], 1000)).filter(
    ({ updatedAt }) => updatedAt < before,
  );
  if (late.length === 0) return;
  await send(late.map(({ batch }) => ({ step: 'encode', job, batch })));
  const again = late.map(({ batch }) => batch);
  await catalogue.atomically(updateBatches(catalogue, job, again, ['sent'], 'sent'));
}
