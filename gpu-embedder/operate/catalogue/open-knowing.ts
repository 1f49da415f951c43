import { existsSync } from 'node:fs';
import { knowsCollection } from '../../../src/catalogue/collections.ts';
import { DiptychError } from '../../../src/errors.ts';
import type { LocalCatalogue } from '../store/local-d1.ts';
import { openMigrated, type DatabaseFlags } from './open-catalogue.ts';

interface StoreFlags extends Omit<DatabaseFlags, 'database'> {
  readonly collection: string;
  /** The value of `--store`. */
  readonly store: string;
  /** Whether the user gave `--store`. */
  readonly storeGiven: boolean;
  /** If it is left out: the local database for the local store, none for any other store. */
  readonly database?: DatabaseFlags['database'];
}

/**
 * Open the catalogue of a store, to find out what is in use. The catalogue must belong to the store and
 * know the collection: otherwise everything in the store would look like garbage.
 *
 * @returns undefined if no catalogue was named and the local one does not know the collection
 * @throws DiptychError invalid_option, unknown_collection, catalogue_drift
 */
export async function openKnowing(flags: StoreFlags): Promise<LocalCatalogue | undefined> {
  const { store, storeGiven, collection, workDir } = flags;
  const database = flags.database ?? (store === 'local' ? 'local' : undefined);
  if (database === undefined) return undefined;
  const belongs = database === 'local' ? store === 'local' || isHere(store) : storeGiven;
  if (!belongs) {
    throw new DiptychError(
      'invalid_option',
      `--database ${database}: expected the catalogue of the store, got one that does not belong to ` +
        `--store ${store}: everything there would look like garbage`,
    );
  }
  if (!flags.database && !existsSync(`${workDir}/store/d1`)) return undefined;
  const catalogue = await openMigrated({ database, workDir });
  if (await knowsCollection(catalogue, collection)) return catalogue;
  await catalogue.close();
  if (!flags.database) return undefined;
  throw new DiptychError(
    'unknown_collection',
    `collection: the catalogue has none named ${collection}, so it cannot say what is in use`,
    { collection },
  );
}

/** Whether the store belongs to a worker on this machine, which uses the local catalogue. */
function isHere(store: string): boolean {
  return /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/|$)/i.test(store);
}
