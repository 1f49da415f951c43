import { Option, type Command } from 'commander';
import { requireCollection } from '../../../src/catalogue/require-collection.ts';
import type { Stores } from '../../../src/catalogue/stores.ts';
import { DiptychError } from '../../../src/errors.ts';
import { countItems } from '../../../src/items/items.ts';
import { megabytes } from '../../../src/megabytes.ts';
import { progressBar } from '../../common/progress.ts';
import {
  withStoreFlags,
  withStores,
  type StoreFlags,
} from '../../operate/catalogue/with-stores.ts';
import { differenceLine, type Repair } from '../../operate/verify/differences.ts';
import { verifyCollection, type Verification } from '../../operate/verify/verify-collection.ts';
import { collectionFlag } from '../flags/collections.ts';
import { oneLine } from '../../common/terminal.ts';

interface VerifyFlags extends StoreFlags {
  readonly collection: string;
  readonly quick?: boolean;
  readonly repair?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function registerVerify(program: Command): void {
  withStoreFlags(program.command('verify'))
    .description(
      'Recount a collection and read its bytes: check that its catalogue, ledgers, pointer, active\n' +
        'version and packs agree. The command exits with 1 if anything differs.',
    )
    .addOption(collectionFlag('collection to recount'))
    .option('--quick', 'compare sizes alone, without reading packs and files')
    .option('--repair', 'repair what can be repaired without the pictures, and recount')
    .addOption(new Option('--dry-run', 'only say what --repair would do').implies({ repair: true }))
    .option('--json', 'print the result as JSON')
    .action(run);
}

async function run(flags: VerifyFlags): Promise<void> {
  const { collection, repair = false, dryRun = false, json = false } = flags;
  await withStores(flags, async (stores) => {
    await requireCollection(stores.catalogue, collection);
    let result = await verify(stores, flags);
    if (repair && dryRun) for (const { what } of result.repairs) say(`would ${what}`);
    const done: string[] = [];
    if (repair && !dryRun) {
      for (const one of result.repairs) if (await apply(one)) done.push(one.what);
      if (done.length > 0) result = await verify(stores, flags);
    }
    const { repairs, ...counts } = result;
    const more = repair && { [dryRun ? 'wouldRepair' : 'repaired']: dryRun ? repairs.map(({ what }) => what) : done }; // prettier-ignore
    if (json) process.stdout.write(`${JSON.stringify({ ...counts, ...more })}\n`);
    if (result.count > 0) process.exitCode = 1;
  });
}

async function verify(stores: Stores, { collection, quick }: VerifyFlags): Promise<Verification> {
  const { items } = await countItems(stores.catalogue, collection);
  const bar = progressBar('verify', items);
  const began = performance.now();
  try {
    const onProgress = (done: number) => bar.update(done);
    const result = await verifyCollection(stores, collection, { quick, onProgress });
    bar.stop();
    show(result, (performance.now() - began) / 1000);
    return result;
  } finally {
    bar.stop();
  }
}

/** How many differences are printed; `--json` has more. */
const shown = 20;

function show(result: Verification, seconds: number): void {
  const { collection, items, images, packs, bytes, jobs, version, count, differences } = result;
  say(
    `${collection}: ${items} items, ${images} images, ${packs} packs (${megabytes(bytes)} MB read in ` +
      `${seconds.toFixed(1)} s), ${jobs} jobs, version ${version ?? 'none'}: ${count} differences`,
  );
  for (const difference of differences.slice(0, shown)) say(`  ${differenceLine(difference)}`);
  if (count > shown) say(`  and ${count - shown} more`);
}

/** Do a repair and say so. What it cannot do is said, and the others go on. */
async function apply({ what, apply: repair }: Repair): Promise<boolean> {
  try {
    await repair();
    say(`repaired: ${what}`);
    return true;
  } catch (error) {
    if (!(error instanceof DiptychError)) throw error;
    say(`could not ${what}: ${error.message}`);
    return false;
  }
}

function say(line: string): void {
  process.stderr.write(`${oneLine(line)}\n`);
}
