import { among } from '../../catalogue/among.ts';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { chunks } from '../../catalogue/chunks.ts';
import { removeInParts } from '../../catalogue/remove-in-parts.ts';
import { embeddingKinds } from '../../catalogue/schema/tables.ts';

/** Remove the ledger of a job that has ended, with its units and batches. */
export async function removeLedger(catalogue: Catalogue, jobId: string): Promise<void> {
  await removeUnits(catalogue, jobId);
  await catalogue.db.deleteFrom('jobBatches').where('jobId', '=', jobId).execute();
  // The items are removed last: `jobsWithLedger` finds a job by them if the removal was interrupted.
  await removeItems(catalogue, jobId);
}

async function removeUnits(catalogue: Catalogue, jobId: string): Promise<void> {
  const { db } = catalogue;
  await removeInParts(
    catalogue,
    (limit) =>
      db
        .selectFrom('jobUnits')
        .select('hash as key')
        .where('jobId', '=', jobId)
        .limit(limit)
        .execute(),
    (part) =>
      db
        .deleteFrom('jobUnits')
        .where('jobId', '=', jobId)
        .where('kind', 'in', embeddingKinds)
        .where(among(catalogue, 'hash', part)),
  );
}

async function removeItems(catalogue: Catalogue, jobId: string): Promise<void> {
  const { db } = catalogue;
  await removeInParts(
    catalogue,
    (limit) =>
      db
        .selectFrom('jobItems')
        .select('itemId as key')
        .where('jobId', '=', jobId)
        .limit(limit)
        .execute(),
    (part) =>
      db
        .deleteFrom('jobItems')
        .where('jobId', '=', jobId)
        .where(among(catalogue, 'itemId', part)),
  );
}

/** Find which of some jobs have a ledger. */
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
