import type { Job } from '../../../src/jobs/rows/jobs.ts';
import { ledgerCounts } from '../../../src/jobs/rows/ledger.ts';
import { DiptychError } from '../../../src/errors.ts';
import { switchVersion } from '../../../src/jobs/steps/switch-version.ts';
import type { Stores } from '../../../src/catalogue/stores.ts';
import { verifyVersion } from '../publish/verify-version.ts';

/**
 * Check a version against its files and against the ledger of its job, then make it the active one.
 *
 * @param activate - false for the check only
 * @throws DiptychError index_unreadable, publish_conflict, not_found
 */
export async function publishJob(
  stores: Stores,
  job: Job,
  version: string,
  activate: boolean,
): Promise<void> {
  const { id, collection } = job;
  const { states } = await ledgerCounts(stores.catalogue, id);
  const expected = states.reused + states.encoded;
  const compare = ({ counts }: { readonly counts: { readonly items: number } }) => {
    if (counts.items === expected) return;
    throw new DiptychError(
      'index_unreadable',
      `collection ${collection}, version ${version}: expected ${expected} items, the number in the ledger of job ${id}, got ${counts.items}`,
    );
  };
  const verify = () => verifyVersion(stores.objects, collection, version, { compare });
  if (activate) await switchVersion(stores, job, version, verify);
  else await verify();
}
