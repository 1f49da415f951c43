import { sql } from 'kysely';
import type { Catalogue } from './catalogue.ts';
import { insertRows } from './insert-rows.ts';
import type { BatchState, JobBatchRow } from './tables.ts';

export type Batch = Omit<JobBatchRow, 'jobId'>;

/** Enter batches as `pending`. One that is there stays as it is. */
export async function addBatches(
  catalogue: Catalogue,
  jobId: string,
  batches: readonly number[],
): Promise<void> {
  const updatedAt = catalogue.now();
  const rows = batches.map((batch) => ({
    jobId,
    batch,
    state: 'pending' as const,
    attempts: 0,
    updatedAt,
  }));
  await catalogue.atomically(insertRows(catalogue, 'jobBatches', rows, 'keep'));
}

/**
 * Move a batch to another state, if it is in one of these; `sent` counts an attempt.
 *
 * @returns whether it moved
 */
export async function markBatch(
  { db, now }: Catalogue,
  jobId: string,
  batch: number,
  from: readonly BatchState[],
  to: BatchState,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('jobBatches')
    .set({
      state: to,
      updatedAt: now(),
      ...(to === 'sent' && { attempts: sql<number>`attempts + 1` }),
    })
    .where('jobId', '=', jobId)
    .where('batch', '=', batch)
    .where('state', 'in', from)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** Batches that wait to be sent, in order. */
export async function pendingBatches(
  catalogue: Catalogue,
  jobId: string,
  limit: number,
): Promise<Batch[]> {
  return listBatches(catalogue, jobId, ['pending'], limit);
}

/** Batches that are not encoded, whether or not somebody was asked to, in order. */
export async function unfinishedBatches(
  catalogue: Catalogue,
  jobId: string,
  limit: number,
): Promise<Batch[]> {
  return listBatches(catalogue, jobId, ['pending', 'sent'], limit);
}

export async function listBatches(
  { db }: Catalogue,
  jobId: string,
  states: readonly BatchState[],
  limit: number,
): Promise<Batch[]> {
  return db
    .selectFrom('jobBatches')
    .select(['batch', 'state', 'attempts', 'updatedAt'])
    .where('jobId', '=', jobId)
    .where('state', 'in', states)
    .orderBy('batch')
    .limit(limit)
    .execute();
}

export async function batchCounts(
  { db }: Catalogue,
  jobId: string,
): Promise<Record<BatchState, number>> {
  const counts = { pending: 0, sent: 0, done: 0, dead: 0 };
  const rows = await db
    .selectFrom('jobBatches')
    .select(['state', sql<number>`count(*)`.as('count')])
    .where('jobId', '=', jobId)
    .groupBy('state')
    .execute();
  for (const { state, count } of rows) counts[state] = count;
  return counts;
}
