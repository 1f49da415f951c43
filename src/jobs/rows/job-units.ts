import { sql, type Compilable } from 'kysely';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { findByKind, type ByKind, type HashesByKind } from '../../items/by-kind.ts';
import { insertRows } from '../../catalogue/insert-rows.ts';
import { catalogueLimits } from '../../catalogue/limits.ts';
import {
  embeddingKinds,
  type EmbeddingKind,
  type JobUnitRow,
  type UnitState,
} from '../../catalogue/schema/tables.ts';
import { updateOutcomes, type Outcome } from '../../catalogue/update-outcomes.ts';

/** An image or a text that has to be encoded. */
export interface UnitKey {
  readonly kind: EmbeddingKind;
  readonly hash: string;
}

export type Unit = Omit<JobUnitRow, 'jobId'>;

/** Make statements that claim units for a batch. A unit of another batch stays there. */
export function insertUnits(
  catalogue: Catalogue,
  jobId: string,
  batch: number,
  units: readonly UnitKey[],
): Compilable[] {
  const rows = units.map(({ kind, hash }) => ({
    jobId,
    kind,
    hash,
    batch,
    state: 'pending' as const,
    code: null,
    reason: null,
  }));
  return insertRows(catalogue, 'jobUnits', rows, 'keep');
}

/** Make statements that write the results of units. The first result counts, as in `updateLedger`. */
export function updateUnits(
  catalogue: Catalogue,
  jobId: string,
  outcomes: readonly Outcome<Exclude<UnitState, 'pending'>, UnitKey>[],
): Compilable[] {
  return embeddingKinds.flatMap((kind) =>
    updateOutcomes(
      catalogue,
      outcomes.filter((outcome) => outcome.kind === kind),
      ({ hash }) => hash,
      (change, condition) =>
        catalogue.db
          .updateTable('jobUnits')
          .set(change)
          .where('jobId', '=', jobId)
          .where('kind', '=', kind)
          .where('state', '=', 'pending')
          .where(condition('hash')),
    ),
  );
}

/**
 * Make a statement that fails all unfinished units of a batch. It reads all units of the job, so use it
 * only for rare cases.
 */
export function failUnits(
  { db }: Catalogue,
  jobId: string,
  batch: number,
  code: string,
  reason: string,
): Compilable {
  return db
    .updateTable('jobUnits')
    .set({ state: 'failed', code, reason: reason.slice(0, catalogueLimits.reason) })
    .where('jobId', '=', jobId)
    .where('batch', '=', batch)
    .where('state', '=', 'pending');
}

export async function unitCounts(
  { db }: Catalogue,
  jobId: string,
): Promise<Record<EmbeddingKind, Record<UnitState, number>>> {
  const counts = {
    image: { pending: 0, done: 0, failed: 0 },
    text: { pending: 0, done: 0, failed: 0 },
  };
  const rows = await db
    .selectFrom('jobUnits')
    .select(['kind', 'state', sql<number>`count(*)`.as('count')])
    .where('jobId', '=', jobId)
    .groupBy(['kind', 'state'])
    .execute();
  for (const { kind, state, count } of rows) counts[kind][state] = count;
  return counts;
}

/** Find units of a job by their hashes, in all batches. A hash without a unit is left out. */
export async function findUnits(
  catalogue: Catalogue,
  jobId: string,
  hashes: HashesByKind,
): Promise<ByKind<Unit>> {
  return findByKind(catalogue, hashes, (kinds, condition) =>
    catalogue.db
      .selectFrom('jobUnits')
      .select(unitColumns)
      .where('jobId', '=', jobId)
      .where('kind', 'in', kinds)
      .where(condition)
      .execute(),
  );
}

const unitColumns = ['kind', 'hash', 'batch', 'state', 'code', 'reason'] as const;
