import { sql } from 'kysely';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { activeJobStates } from '../../catalogue/schema/tables.ts';

/**
 * Take the lease of a job if nobody holds it, or if it has expired. The first lease starts the job.
 *
 * A lease only avoids double work. Clocks differ and jump, so two runners may hold a lease at the same
 * time, and every step is safe with two runners.
 *
 * @param until - ms since 1970
 * @returns whether the owner holds the lease now
 */
export async function takeLease(
  { db, now }: Catalogue,
  id: string,
  owner: string,
  until: number,
): Promise<boolean> {
  const time = now();
  await db
    .updateTable('jobs')
    .set({ leaseOwner: owner, leaseUntil: until, startedAt: sql`coalesce(started_at, ${time})` })
    .where('id', '=', id)
    .where('state', 'in', activeJobStates)
    .where((where) =>
      where.or([
        where('leaseOwner', 'is', null),
        where('leaseOwner', '=', owner),
        where('leaseUntil', '<', time),
      ]),
    )
    .execute();
  return holdsLease({ db }, id, owner);
}

/** Extend a lease. @returns whether the owner still holds it */
export async function renewLease(
  { db }: Pick<Catalogue, 'db'>,
  id: string,
  owner: string,
  until: number,
): Promise<boolean> {
  await db
    .updateTable('jobs')
    .set({ leaseUntil: until })
    .where('id', '=', id)
    .where('leaseOwner', '=', owner)
    .execute();
  return holdsLease({ db }, id, owner);
}

/** Whether a process runs a job without the queue: its lease has not expired. */
export function isHeld({ leaseUntil }: { readonly leaseUntil: number }, now: number): boolean {
  return leaseUntil > now;
}

/** Give a lease back. If another owner has taken it, nothing happens. */
export async function releaseLease({ db }: Catalogue, id: string, owner: string): Promise<void> {
  await db
    .updateTable('jobs')
    .set({ leaseOwner: null, leaseUntil: 0 })
    .where('id', '=', id)
    .where('leaseOwner', '=', owner)
    .execute();
}

/**
 * Whether an owner holds the lease of a job. The count of updated rows cannot tell: some set-ups of
 * MySQL do not count an update that changes no value.
 */
async function holdsLease(
  { db }: Pick<Catalogue, 'db'>,
  id: string,
  owner: string,
): Promise<boolean> {
  const held = await db
    .selectFrom('jobs')
    .select('id')
    .where('id', '=', id)
    .where('leaseOwner', '=', owner)
    .executeTakeFirst();
  return held !== undefined;
}
