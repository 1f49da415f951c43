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
      'Remove deleted items from the catalogue for good, and their images, captions and embeddings\n' +
        'from the store. Items that a version still contains only stay hidden: collect versions first.',
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
        `${collection}: purged ${items} items with ${images} images and ${embeddings} embeddings, ` +
          `changed ${packs} packs; ${kept} items stay hidden, because a version contains them\n`,
      );
      if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
    });
}
