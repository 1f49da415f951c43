import type { Command } from 'commander';
import { DiptychError } from '../../../src/errors.ts';
import type { Stores } from '../../../src/catalogue/stores.ts';
import { openStore, storeFlag } from '../store/open-store.ts';
import { openMigrated, withDatabase, type DatabaseFlags } from './open-catalogue.ts';

export interface StoreFlags extends DatabaseFlags {
  readonly store?: string;
}

/** Give a command `--database`, `--store` and `--work-dir`. */
export function withStoreFlags(command: Command): Command {
  return withDatabase(command).option(
    '--store <where>',
    `${storeFlag}; default: local, only with the local database`,
  );
}

/**
 * Work on the catalogue and the store that flags name, and close both at the end.
 *
 * @throws DiptychError invalid_option - `--database` names a deployment, and `--store` is missing
 */
export async function withStores<T>(
  flags: StoreFlags,
  work: (stores: Stores) => Promise<T>,
): Promise<T> {
  const { database, workDir, store } = flags;
  if (store === undefined && database !== 'local') {
    throw new DiptychError(
      'invalid_option',
      `--database ${database}: expected --store with the objects of that catalogue, got none; the ` +
        'objects on this machine belong to the local database',
    );
  }
  const catalogue = await openMigrated(flags);
  try {
    const objects = await openStore(store ?? 'local', process.env, `${workDir}/store/r2`);
    try {
      return await work({ catalogue, objects });
    } finally {
      await objects.close();
    }
  } finally {
    await catalogue.close();
  }
}
