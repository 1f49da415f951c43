import { sql, type Compilable } from 'kysely';
import { among } from '../../catalogue/among.ts';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { chunks } from '../../catalogue/chunks.ts';
import { insertRows } from '../../catalogue/insert-rows.ts';
import type { BatchState, JobBatchRow } from '../../catalogue/schema/tables.ts';

export type Batch = Omit<JobBatchRow, 'jobId'>;

/** Make statements that add a batch. A batch that exists stays as it is. */
export function insertBatch(
  catalogue: Catalogue,
  jobId: string,
  batch: number,
  state: 'pending' | 'settled' = 'pending',
): Compilable[] {
  const row = { jobId, batch, state, attempts: 0, updatedAt: catalogue.now() };
  return insertRows(catalogue, 'jobBatches', [row], 'keep');
}

/** Make statements that move batches which are in one of `from`; the move to `sent` counts an attempt. */
export function updateBatches(
  catalogue: Catalogue,
  jobId: string,
  batches: readonly number[],
  from: readonly BatchState[],
  to: BatchState,
): Compilable[] {
  return chunks(batches).map((part) =>
    catalogue.db
      .updateTable('jobBatches')
      .set({
        state: to,
        updatedAt: catalogue.now(),
        ...(to === 'sent' && { attempts: sql<number>`attempts + 1` }),
      })
      .where('jobId', '=', jobId)
      .where('state', 'in', from)
      .where(among(catalogue, 'batch', part)),
  );
}

/** List batches that wait to be sent, in order. */
export async function pendingBatches(
  catalogue: Catalogue,
  jobId: string,
  limit: number,
): Promise<Batch[]> {
  return listBatches(catalogue, jobId, ['pending'], limit);
}

/** List batches that are not encoded yet, sent or not, in order. */
export async function unfinishedBatches(
  catalogue: Catalogue,
  jobId: string,
  limit: number,
): Promise<Batch[]> {
  return listBatches(catalogue, jobId, ['pending', 'sent'], limit);
}

/** List batches that are encoded or given up, and not settled yet, in order. */
export async function unsettledBatches(
  catalogue: Catalogue,
  jobId: string,
  limit: number,
): Promise<Batch[]> {
  return listBatches(catalogue, jobId, ['done', 'dead'], limit);
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
  const counts = { pending: 0, sent: 0, done: 0, dead: 0, settled: 0 };
  const rows = await db
    .selectFrom('jobBatches')
    .select(['state', sql<number>`count(*)`.as('count')])
    .where('jobId', '=', jobId)
    .groupBy('state')
    .execute();
  for (const { state, count } of rows) counts[state] = count;
  return counts;
}
