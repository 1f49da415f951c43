import type { Catalogue } from '../catalogue/catalogue.ts';
import { batchCounts } from './rows/job-batches.ts';
import type { Job } from './rows/jobs.ts';
import type { JobState } from '../catalogue/schema/tables.ts';

/** The progress of a job in batches. The total grows while the job is planned. */
export interface JobProgress {
  readonly state: JobState;
  readonly done: number;
  readonly total: number;
}

export async function jobProgress(
  catalogue: Catalogue,
  { id, state, batches: total }: Job,
): Promise<JobProgress> {
  // The rows of an older job's batches may have been removed, so they cannot be counted.
  if (state === 'succeeded') return { state, done: total, total };
  const { pending, sent } = await batchCounts(catalogue, id);
  return { state, done: total - pending - sent, total };
}
