import type { Command } from 'commander';
import { requireCollection } from '../../../src/catalogue/require-collection.ts';
import { purgeCollection } from '../../../src/items/remove/purge-collection.ts';
import {
  withStoreFlags,
  withStores,
  type StoreFlags,
} from '../../operate/catalogue/with-stores.ts';
import { collectionFlag } from '../flags/collections.ts';

interface PurgeFlags extends StoreFlags {
  readonly collection: string;
  readonly json?: boolean;
}

export function registerPurge(program: Command): void {
  withStoreFlags(program.command('purge'))
    .description(
      'Take deleted items out of the catalogue for good, and their images, captions and embeddings\n' +
        'out of storage. Those that a version still has stay hidden: collect versions first.',
    )
    .addOption(collectionFlag('collection of the deleted items'))
    .option('--json', 'print the result as JSON')
    .action(async (flags: PurgeFlags) => {
      const { collection, json } = flags;
      const result = await withStores(flags, async (stores) => {
        await requireCollection(stores.catalogue, collection);
        return purgeCollection(stores, collection);
      });
      const { items, images, embeddings, packs, kept } = result;
      process.stderr.write(
        `${collection}: ${items} items purged, ${images} images and ${embeddings} embeddings of ` +
          `theirs gone, ${packs} packs written anew; ${kept} stay hidden, as versions have them\n`,
      );
      if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
    });
}
