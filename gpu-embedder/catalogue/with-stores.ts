import type { JobStores } from '../../src/reindex/plan-job.ts';
import { localR2Store } from '../store/local-r2-store.ts';
import { openMigrated, type DatabaseFlags } from './open-catalogue.ts';

/** Work on the catalogue that flags name and on the local store, and close both at the end. */
export async function withStores<T>(
  flags: DatabaseFlags,
  work: (stores: JobStores) => Promise<T>,
): Promise<T> {
  const catalogue = await openMigrated(flags);
  const objects = await localR2Store(`${flags.workDir}/store/r2`);
  try {
    return await work({ catalogue, objects });
  } finally {
    await Promise.all([catalogue.close(), objects.close()]);
  }
}
