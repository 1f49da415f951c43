import type { Job } from '../../src/catalogue/jobs.ts';
import { ledgerCounts } from '../../src/catalogue/ledger.ts';
import { listVersions, setVersionState } from '../../src/catalogue/versions.ts';
import { DiptychError } from '../../src/errors.ts';
import type { JobStores } from '../../src/reindex/plan-job.ts';
import { movePointer, readPointer } from '../publish/pointer.ts';
import { verifyVersion } from '../publish/verify-version.ts';

/**
 * Check a version against its files and against the ledger of its job, then make it the active one.
 *
 * @throws DiptychError index_unreadable, publish_conflict
 */
export async function publishJob(
  { catalogue, objects }: JobStores,
  { id, collection }: Job,
  version: string,
): Promise<void> {
  const seen = await readPointer(objects, collection);
  const { states } = await ledgerCounts(catalogue, id);
  const expected = states.reused + states.encoded;
  await verifyVersion(objects, collection, version, {
    compare: ({ counts }) => {
      if (counts.items === expected) return;
      throw new DiptychError(
        'index_unreadable',
        `collection ${collection}, version ${version}: expected ${expected} items as the ledger of job ${id} says, got ${counts.items}`,
      );
    },
  });
  await movePointer(objects, seen, version);
  for (const other of await listVersions(catalogue, collection)) {
    if (other.version === version || other.state !== 'published') continue;
    await setVersionState(catalogue, collection, other.version, ['published'], 'retired');
  }
  await setVersionState(catalogue, collection, version, ['built', 'retired'], 'published');
}
