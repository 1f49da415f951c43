import { updateBatches } from '../catalogue/job-batches.ts';
import { failUnits } from '../catalogue/job-units.ts';
import type { JobStores } from './plan-job.ts';

/** Give up what a batch has not encoded: its items fail with this reason, and the job goes on. */
export async function failBatch(
  { catalogue }: Pick<JobStores, 'catalogue'>,
  jobId: string,
  batch: number,
  reason: string,
): Promise<void> {
  await catalogue.atomically([
    failUnits(catalogue, jobId, batch, 'batch_failed', reason),
    ...updateBatches(catalogue, jobId, [batch], ['pending', 'sent'], 'dead'),
  ]);
}
