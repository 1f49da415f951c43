import type { Catalogue } from '../catalogue/catalogue.ts';
import { unfinishedBatches } from './rows/job-batches.ts';
import type { ActiveJob } from './rows/jobs.ts';
import type { JobMessage } from './job-messages.ts';
import { machine, stateOf } from './machine.ts';

type JobPlace = Pick<ActiveJob, 'id' | 'state'>;

/** The message that asks for the work of the state that a job is in. */
export function stepOf({ id, state }: JobPlace): JobMessage {
  return { step: machine[state].step, job: id };
}

/** What a job waits for: a batch to be encoded, or the work of its state. */
export async function nextStep(catalogue: Catalogue, job: JobPlace): Promise<JobMessage> {
  if (stateOf(job).batches !== 'first') return stepOf(job);
  const [next] = await unfinishedBatches(catalogue, job.id, 1);
  return next ? { step: 'encode', job: job.id, batch: next.batch } : stepOf(job);
}
