import { existsSync } from 'node:fs';
import { knowsCollection } from '../../../src/catalogue/collections.ts';
import { DiptychError } from '../../../src/errors.ts';
import type { LocalCatalogue } from '../store/local-d1.ts';
import { openMigrated, type DatabaseFlags } from './open-catalogue.ts';

interface StoreFlags extends Omit<DatabaseFlags, 'database'> {
  readonly collection: string;
  /** As `--store` has it, and whether it was given. */
  readonly store: string;
  readonly storeGiven: boolean;
  /** Left out, the local one for the local store, and none for any other. */
  readonly database?: DatabaseFlags['database'];
}

/**
 * Open the catalogue that knows what a store holds: to one that does not, all of it would be garbage.
 * So it must belong to the store, and have the collection.
 *
 * @returns undefined where no catalogue was named and the local one does not know the collection
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
      `--database ${database}: expected the catalogue of the store, got another one for --store ${store}: ` +
        'what it does not know would be taken for garbage',
    );
  }
  if (!flags.database && !existsSync(`${workDir}/store/d1`)) return undefined;
  const catalogue = await openMigrated({ database, workDir });
  if (await knowsCollection(catalogue, collection)) return catalogue;
  await catalogue.close();
  if (!flags.database) return undefined;
  throw new DiptychError(
    'unknown_collection',
    `collection: the catalogue has none named ${collection}, so it is not asked what is in use`,
    { collection },
  );
}

/** Whether the store is that of a worker on this machine, which has the local catalogue. */
function isHere(store: string): boolean {
  return /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/|$)/i.test(store);
}
