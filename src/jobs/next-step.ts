import type { Catalogue } from '../catalogue/catalogue.ts';
import { unfinishedBatches } from './rows/job-batches.ts';
import type { ActiveJob } from './rows/jobs.ts';
import type { JobMessage } from './job-messages.ts';
import { machine, stateOf } from './machine.ts';

type JobPlace = Pick<ActiveJob, 'id' | 'state'>;

/** Make the message that asks for the step of a job's state. */
export function stepOf({ id, state }: JobPlace): JobMessage {
  return { step: machine[state].step, job: id };
}

/** Find what a job waits for: that a batch is encoded, or the step of its state. */
export async function nextStep(catalogue: Catalogue, job: JobPlace): Promise<JobMessage> {
  if (stateOf(job).batches !== 'first') return stepOf(job);
  const [next] = await unfinishedBatches(catalogue, job.id, 1);
  return next ? { step: 'encode', job: job.id, batch: next.batch } : stepOf(job);
}
