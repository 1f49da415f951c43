import { sql } from 'kysely';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { activeJobStates } from '../../catalogue/schema/tables.ts';

/**
 * Claim the right to drive a job, if nobody holds it or who held it let it run out.
 *
 * A lease saves work and no more: every step is safe with two drivers, as clocks differ and jump.
 *
 * @param until - ms since 1970
 * @returns whether the owner holds it now; the first claim starts the job
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

/** Keep a lease for longer. @returns whether the owner holds it still */
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

/** Whether somebody runs a job without the queue, and has said so lately. */
export function isHeld({ leaseUntil }: { readonly leaseUntil: number }, now: number): boolean {
  return leaseUntil > now;
}

/** Give a lease back; it does nothing where another owner took it. */
export async function releaseLease({ db }: Catalogue, id: string, owner: string): Promise<void> {
  await db
    .updateTable('jobs')
    .set({ leaseOwner: null, leaseUntil: 0 })
    .where('id', '=', id)
    .where('leaseOwner', '=', owner)
    .execute();
}

/** Asked for by itself: an update to the same values counts as none in some set-ups of MySQL. */
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
