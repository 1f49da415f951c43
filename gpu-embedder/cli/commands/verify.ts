import type { Command } from 'commander';
import { requireCollection } from '../../../src/catalogue/require-collection.ts';
import {
  withStoreFlags,
  withStores,
  type StoreFlags,
} from '../../operate/catalogue/with-stores.ts';
import { collectionFlag } from '../flags/collections.ts';
import { oneLine } from '../../common/terminal.ts';
import { verifyCollection } from '../../operate/jobs/verify-collection.ts';

interface VerifyFlags extends StoreFlags {
  readonly collection: string;
  readonly json?: boolean;
}

export function registerVerify(program: Command): void {
  withStoreFlags(program.command('verify'))
    .description(
      'Recount a collection: check that its catalogue, ledgers, active version and objects agree.\n' +
        'The command exits with 1 if anything differs.',
    )
    .addOption(collectionFlag('collection to recount'))
    .option('--json', 'print the result as JSON')
    .action(async (flags: VerifyFlags) => {
      const { collection, json } = flags;
      const result = await withStores(flags, async (stores) => {
        await requireCollection(stores.catalogue, collection);
        return verifyCollection(stores, collection);
      });
      const { items, images, packs, jobs, version, differences } = result;
      process.stderr.write(
        `${collection}: ${items} items, ${images} images, ${packs} packs, ${jobs} jobs, ` +
          `version ${version ?? 'none'}: ${differences.length} differences\n`,
      );
      for (const difference of differences) process.stderr.write(`  ${oneLine(difference)}\n`);
      if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
      if (differences.length > 0) process.exitCode = 1;
    });
}
