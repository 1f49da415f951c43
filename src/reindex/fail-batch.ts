import { markBatch } from '../catalogue/job-batches.ts';
import { markUnits, unitsOfBatch } from '../catalogue/job-units.ts';
import type { JobStores } from './plan-job.ts';

/** Give up what a batch has not encoded: its items fail with this reason, and the job goes on. */
export async function failBatch(
  { catalogue }: Pick<JobStores, 'catalogue'>,
  jobId: string,
  batch: number,
  reason: string,
): Promise<void> {
  const units = await unitsOfBatch(catalogue, jobId, batch, ['pending']);
  await markUnits(
    catalogue,
    jobId,
    units.map(({ kind, hash }) => ({ kind, hash, state: 'failed', code: 'batch_failed', reason })),
  );
  await markBatch(catalogue, jobId, batch, ['pending', 'sent'], 'dead');
}
