import { updateBatches } from '../rows/job-batches.ts';
import { failUnits } from '../rows/job-units.ts';
import type { Stores } from '../../catalogue/stores.ts';

/** Give up what a batch has not encoded: those units fail with this reason, and the job continues. */
export async function failBatch(
  { catalogue }: Pick<Stores, 'catalogue'>,
  jobId: string,
  batch: number,
  reason: string,
): Promise<void> {
  await catalogue.atomically([
    failUnits(catalogue, jobId, batch, 'batch_failed', reason),
    ...updateBatches(catalogue, jobId, [batch], ['pending', 'sent'], 'dead'),
  ]);
}
