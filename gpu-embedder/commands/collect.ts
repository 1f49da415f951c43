import { Option, type Command } from 'commander';
import { megabytes } from '../../src/megabytes.ts';
import type { JobStores } from '../../src/reindex/plan-job.ts';
import { openKnowing } from '../catalogue/open-knowing.ts';
import { collectGarbage, type CollectResult } from '../publish/collect-garbage.ts';
import { collectCollection } from '../reindex/collect-collection.ts';
import { openStore } from '../store/open-store.ts';
import { atLeast } from './at-least.ts';
import { openTarget } from './publish.ts';

interface CollectFlags {
  readonly collection: string;
  readonly store: string;
  readonly storeGiven: boolean;
  readonly keep: number;
  /** Minutes. */
  readonly grace?: number;
  readonly vectorize?: string;
  readonly database?: 'local' | 'planetscale';
  readonly workDir: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const minuteMs = 60_000;

/** Give a command the flags of `versions collect`, and let it collect. */
export function asCollect(command: Command): Command {
  const database = new Option(
    '--database <which>',
    'catalogue to ask about packs and jobs: local (default, with the local store), or planetscale',
  );
  return command
    .option('--keep <n>', 'versions that stay, the active one among them', atLeast(1), 3)
    .option(
      '--grace <minutes>',
      'how long ago a version must have stopped being active, and a job have ended (default: 60, and a day)',
      atLeast(0),
    )
    .option('--vectorize <index>', 'Vectorize index of versions that keep their vectors there')
    .addOption(database.choices(['local', 'planetscale']))
    .option('--work-dir <dir>', 'where diptych dev keeps everything', '.diptych')
    .option('--dry-run', 'say what would be removed, and remove nothing')
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
      if (!catalogue) process.stderr.write('packs and jobs stay: no catalogue was asked\n');
      process.stdout.write(`${json ? JSON.stringify(result) : tell(result, dryRun === true)}\n`);
    } finally {
      await objects.close();
    }
  } finally {
    await catalogue?.close();
  }
}

function collect(
  objects: JobStores['objects'],
  catalogue: JobStores['catalogue'] | undefined,
  { collection, keep, grace, vectorize, dryRun }: CollectFlags,
): Promise<CollectResult> {
  const graceMs = grace === undefined ? undefined : grace * minuteMs;
  const options = { collection, keep, graceMs, target: openTarget(vectorize), dryRun };
  return catalogue
    ? collectCollection({ catalogue, objects }, options)
    : collectGarbage(objects, options);
}

/** Say what was removed and what stays. */
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
