import { sql, type Compilable } from 'kysely';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { insertRows } from '../../catalogue/insert-rows.ts';
import { pageSize } from '../../catalogue/limits.ts';
import { ledgerStates, type JobItemRow, type LedgerState } from '../../catalogue/schema/tables.ts';
import { updateOutcomes, type Outcome } from '../../catalogue/update-outcomes.ts';

export type LedgerEntry = Omit<JobItemRow, 'jobId'>;

export interface NewLedgerEntry {
  readonly itemId: string;
  readonly imageHash?: string | null;
  /** Default `pending`; another state if planning knows the result already, as without an image. */
  readonly state?: LedgerState;
  readonly code?: string;
  readonly reason?: string;
}

/** Make statements that add the items of a batch. An item that the ledger has stays as it is. */
export function insertLedger(
  catalogue: Catalogue,
  jobId: string,
  batch: number | null,
  entries: readonly NewLedgerEntry[],
): Compilable[] {
  const rows = entries.map(({ itemId, imageHash, state, code, reason }) => ({
    jobId,
    itemId,
    imageHash: imageHash ?? null,
    state: state ?? ('pending' as const),
    batch,
    code: code ?? null,
    reason: reason ?? null,
  }));
  return insertRows(catalogue, 'jobItems', rows, 'keep');
}

/**
 * Make statements that write the results of items.
 *
 * The first result counts: an item that is no longer `pending` stays as it is, so a late or repeated
 * message changes nothing.
 */
export function updateLedger(
  catalogue: Catalogue,
  jobId: string,
  outcomes: readonly Outcome<Exclude<LedgerState, 'pending'>, { readonly itemId: string }>[],
): Compilable[] {
  return updateOutcomes(
    catalogue,
    outcomes,
    ({ itemId }) => itemId,
    (change, condition) =>
      catalogue.db
        .updateTable('jobItems')
        .set(change)
        .where('jobId', '=', jobId)
        .where('state', '=', 'pending')
        .where(condition('itemId')),
  );
}

export interface LedgerCounts {
  readonly inputs: number;
  readonly states: Readonly<Record<LedgerState, number>>;
  /** Counts of the items that were skipped or failed, by code. */
  readonly reasons: readonly {
    readonly state: LedgerState;
    readonly code: string;
    readonly count: number;
  }[];
}

/** Count the items of a job; `inputs` is the sum of all states. */
export async function ledgerCounts({ db }: Catalogue, jobId: string): Promise<LedgerCounts> {
  const rows = await db
    .selectFrom('jobItems')
    .select(['state', 'code', sql<number>`count(*)`.as('count')])
    .where('jobId', '=', jobId)
    .groupBy(['state', 'code'])
    .orderBy('state')
    .orderBy('code')
    .execute();
  const sum = (some: typeof rows) => some.reduce((total, { count }) => total + count, 0);
  const states = Object.fromEntries(
    ledgerStates.map((state) => [state, sum(rows.filter((row) => row.state === state))]),
  ) as Record<LedgerState, number>;
  const reasons = rows.flatMap(({ state, code, count }) => (code ? [{ state, code, count }] : []));
  return { inputs: sum(rows), states, reasons };
}

/** Count the items that a job left out for a reason, and that an earlier job had indexed. */
export async function countDropped(
  { db }: Catalogue,
  jobId: string,
  { code, earlier }: { readonly code: string; readonly earlier: string },
): Promise<number> {
  const { count } = await db
    .selectFrom('jobItems as now')
    .innerJoin('jobItems as before', (join) =>
      join.onRef('before.itemId', '=', 'now.itemId').on('before.jobId', '=', earlier),
    )
    .select(sql<number>`count(*)`.as('count'))
    .where('now.jobId', '=', jobId)
    .where('now.code', '=', code)
    .where('before.state', 'in', ['reused', 'encoded'])
    .executeTakeFirstOrThrow();
  return count;
}

/**
 * List a page of the ledger, by item id.
 *
 * @param page.after - the page begins after this item id
 */
export async function listLedger(
  { db }: Catalogue,
  jobId: string,
  page: {
    readonly after?: string;
    readonly limit: number;
    readonly states?: readonly LedgerState[];
  },
): Promise<LedgerEntry[]> {
  const { after, limit, states } = page;
  return db
    .selectFrom('jobItems')
    .select(entryColumns)
    .where('jobId', '=', jobId)
    .$if(after !== undefined, (query) => query.where('itemId', '>', after!))
    .$if(states !== undefined, (query) => query.where('state', 'in', states!))
    .orderBy('itemId')
    .limit(pageSize(limit))
    .execute();
}

/** List a page of the items that were skipped or failed, with the reasons, by item id. */
export async function failuresOf(
  catalogue: Catalogue,
  jobId: string,
  after: string | undefined,
  limit: number,
): Promise<LedgerEntry[]> {
  return listLedger(catalogue, jobId, { after, limit, states: ['skipped', 'failed'] });
}

const entryColumns = ['itemId', 'imageHash', 'state', 'batch', 'code', 'reason'] as const;
