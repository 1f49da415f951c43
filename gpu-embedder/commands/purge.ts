import type { Command } from 'commander';
import { requireCollection } from '../../src/catalogue/require-collection.ts';
import { purgeCollection } from '../../src/reindex/purge-collection.ts';
import { openMigrated, withDatabase, type DatabaseFlags } from '../catalogue/open-catalogue.ts';
import { localR2Store } from '../store/local-r2-store.ts';

interface PurgeFlags extends DatabaseFlags {
  readonly collection: string;
  readonly json?: boolean;
}

export function registerPurge(program: Command): void {
  withDatabase(program.command('purge'))
    .description(
      'Take deleted items out of the catalogue for good, and their images, captions and embeddings\n' +
        'out of storage. Those that a version still has stay hidden: collect versions first.',
    )
    .requiredOption('--collection <name>', 'collection of the deleted items')
    .option('--json', 'print the result as JSON')
    .action(async (flags: PurgeFlags) => {
      const { collection, json, workDir } = flags;
      const catalogue = await openMigrated(flags);
      const objects = await localR2Store(`${workDir}/store/r2`);
      try {
        await requireCollection(catalogue, collection);
        const result = await purgeCollection({ catalogue, objects }, collection);
        const { items, images, embeddings, packs, kept } = result;
        process.stderr.write(
          `${collection}: ${items} items purged, ${images} images and ${embeddings} embeddings of ` +
            `theirs gone, ${packs} packs written anew; ${kept} stay hidden, as versions have them\n`,
        );
        if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
      } finally {
        await Promise.all([catalogue.close(), objects.close()]);
      }
    });
}
