import { Option, type Command } from 'commander';
import type { Stores } from '../../../src/catalogue/stores.ts';
import { megabytes } from '../../../src/megabytes.ts';
import { openKnowing } from '../../operate/catalogue/open-knowing.ts';
import { collectGarbage, type CollectResult } from '../../operate/garbage/collect-garbage.ts';
import { collectCollection } from '../../operate/garbage/collect-collection.ts';
import { durationFlag } from '../flags/durations.ts';
import { wholeNumber } from '../flags/numbers.ts';
import { openStore } from '../../operate/store/open-store.ts';
import { openTarget } from './publish.ts';

interface CollectFlags {
  readonly collection: string;
  readonly store: string;
  readonly storeGiven: boolean;
  readonly keep: number;
  /** Milliseconds. */
  readonly grace?: number;
  readonly vectorize?: string;
  readonly database?: 'local' | 'planetscale';
  readonly workDir: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Make a command `versions collect`: give it its flags and its action. */
export function asCollect(command: Command): Command {
  const database = new Option(
    '--database <which>',
    'catalogue that knows which packs and jobs are in use: local (default with the local store), or planetscale',
  );
  return command
    .option('--keep <n>', 'how many versions stay, with the active one', wholeNumber(1), 3)
    .addOption(
      durationFlag(
        '--grace',
        'how long a version stays after it was active, and the pages of a job after its end (default: 60, and a day)',
        { unit: 'minutes' },
      ),
    )
    .option('--vectorize <index>', 'Vectorize index of versions that keep their vectors there')
    .addOption(database.choices(['local', 'planetscale']))
    .option('--work-dir <dir>', 'where diptych dev keeps everything', '.diptych')
    .option('--dry-run', 'only show what would be removed')
    .action((flags: Omit<CollectFlags, 'storeGiven'>, self: Command) =>
      run({ ...flags, storeGiven: self.getOptionValueSource('store') === 'cli' }),
    );
}

async function run(flags: CollectFlags): Promise<void> {
  const { store: where, workDir, dryRun, json } = flags;
  const catalogue = await openKnowing(flags);
  try {
    const objects = await openStore(where, process.env, `${workDir}/store/r2`);
    try {
      const result = await collect(objects, catalogue, flags);
      if (!catalogue) process.stderr.write('packs and jobs stay, because no catalogue was asked\n');
      process.stdout.write(`${json ? JSON.stringify(result) : tell(result, dryRun === true)}\n`);
    } finally {
      await objects.close();
    }
  } finally {
    await catalogue?.close();
  }
}

function collect(
  objects: Stores['objects'],
  catalogue: Stores['catalogue'] | undefined,
  { collection, keep, grace: graceMs, vectorize, dryRun }: CollectFlags,
): Promise<CollectResult> {
  const options = { collection, keep, graceMs, target: openTarget(vectorize), dryRun };
  return catalogue
    ? collectCollection({ catalogue, objects }, options)
    : collectGarbage(objects, options);
}

/** Describe what was removed and what stays. */
function tell({ removed, kept }: CollectResult, dryRun: boolean): string {
  const bytes = removed.reduce((sum, garbage) => sum + garbage.bytes, 0);
  return [
    ...kept.map(({ version, why }) => `keep ${version}: ${why}`),
    ...removed.map(
      ({ what, why, bytes: size }) => `remove ${what}: ${why} (${megabytes(size)} MB)`,
    ),
    `${removed.length} ${dryRun ? 'would be' : 'were'} removed, ${megabytes(bytes)} MB`,
  ].join('\n');
}
