import { sql } from 'kysely';
import { among } from './among.ts';
import type { Catalogue } from './catalogue.ts';
import { chunks } from './chunks.ts';
import { insertRows } from './insert-rows.ts';
import { markRows, type Outcome } from './mark-rows.ts';
import { unitStates, type EmbeddingKind, type JobUnitRow, type UnitState } from './tables.ts';

/** An image or a text that has to be encoded. */
export interface UnitKey {
  readonly kind: EmbeddingKind;
  readonly hash: string;
}

export type Unit = Omit<JobUnitRow, 'jobId'>;

/**
 * Claim units for a batch; those that another batch claimed stay with it. `unitsOfBatch` tells
 * which it got.
 */
export async function claimUnits(
  catalogue: Catalogue,
  jobId: string,
  batch: number,
  units: readonly UnitKey[],
): Promise<void> {
  const rows = units.map(({ kind, hash }) => ({
    jobId,
    kind,
    hash,
    batch,
    state: 'pending' as const,
    code: null,
    reason: null,
  }));
  await catalogue.atomically(insertRows(catalogue, 'jobUnits', rows, 'keep'));
}

/** Units of a batch: images first, then texts, by hash. */
export async function unitsOfBatch(
  { db }: Catalogue,
  jobId: string,
  batch: number,
  states: readonly UnitState[] = unitStates,
): Promise<Unit[]> {
  return db
    .selectFrom('jobUnits')
    .select(unitColumns)
    .where('jobId', '=', jobId)
    .where('batch', '=', batch)
    .where('state', 'in', states)
    .orderBy('kind')
    .orderBy('hash')
    .execute();
}

/** Say what became of units. The first word counts, as for `markItems`. */
export async function markUnits(
  catalogue: Catalogue,
  jobId: string,
  outcomes: readonly Outcome<Exclude<UnitState, 'pending'>, UnitKey>[],
): Promise<void> {
  for (const kind of ['image', 'text'] as const) {
    const ofKind = outcomes.filter((outcome) => outcome.kind === kind);
    await markRows(
      catalogue,
      ofKind,
      ({ hash }) => hash,
      (change, condition) =>
        catalogue.db
          .updateTable('jobUnits')
          .set(change)
          .where('jobId', '=', jobId)
          .where('kind', '=', kind)
          .where('state', '=', 'pending')
          .where(condition('hash')),
    );
  }
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

/** Units of a job by their hash, whatever batch has them; what need not be encoded is left out. */
export async function findUnits(
  catalogue: Catalogue,
  jobId: string,
  kind: EmbeddingKind,
  hashes: readonly string[],
): Promise<Map<string, Unit>> {
  const found = new Map<string, Unit>();
  for (const part of chunks(hashes)) {
    const rows = await catalogue.db
      .selectFrom('jobUnits')
      .select(unitColumns)
      .where('jobId', '=', jobId)
      .where('kind', '=', kind)
      .where(among(catalogue, 'hash', part))
      .execute();
    for (const row of rows) found.set(row.hash, row);
  }
  return found;
}

const unitColumns = ['kind', 'hash', 'batch', 'state', 'code', 'reason'] as const;
