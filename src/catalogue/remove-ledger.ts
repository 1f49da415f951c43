import { among } from './among.ts';
import type { Catalogue } from './catalogue.ts';
import { chunks } from './chunks.ts';
import type { Job } from './jobs.ts';
import { clearBatch } from './ledger.ts';

/**
 * Forget the ledger of a job that has ended, with its units and batches: a batch at a time, as
 * PlanetScale refuses a statement that changes more than 100,000 rows.
 */
export async function removeLedger(
  catalogue: Catalogue,
  { id, batches }: Pick<Job, 'id' | 'batches'>,
): Promise<void> {
  const { db } = catalogue;
  // The one behind the last is that of a planning that broke off amid it.
  for (let batch = 0; batch <= batches; batch++) await clearBatch(catalogue, id, batch);
  await db.deleteFrom('jobItems').where('jobId', '=', id).execute();
}

/** Those of some jobs that have a ledger. */
export async function jobsWithLedger(
  catalogue: Catalogue,
  ids: readonly string[],
): Promise<Set<string>> {
  const found = new Set<string>();
  for (const part of chunks(ids)) {
    const rows = await catalogue.db
      .selectFrom('jobItems')
      .select('jobId')
      .distinct()
      .where(among(catalogue, 'jobId', part))
      .execute();
    for (const { jobId } of rows) found.add(jobId);
  }
  return found;
}
