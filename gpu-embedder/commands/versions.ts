import { InvalidArgumentError, type Command } from 'commander';
import Table from 'cli-table3';
import type { ObjectStore } from '../../src/objects/object-store.ts';
import { collectGarbage, type CollectResult } from '../publish/collect-garbage.ts';
import { listVersions, type StoredVersion } from '../publish/list-versions.ts';
import { removeVersion } from '../publish/remove-version.ts';
import { rollBack } from '../publish/roll-back.ts';
import { openStore, storeFlag } from '../store/open-store.ts';
import { openTarget } from './publish.ts';

interface Flags {
  readonly collection: string;
  readonly store: string;
  readonly json?: boolean;
}

interface CollectFlags extends Flags {
  readonly keep: number;
  readonly grace: number;
  readonly vectorize?: string;
  readonly dryRun?: boolean;
}

const minuteMs = 60_000;

/** Register `versions list|rollback|remove|collect`. */
export function registerVersions(program: Command): void {
  const versions = program
    .command('versions')
    .description('list published versions, go back, remove what is unused');
  const command = (line: string, description: string) =>
    versions
      .command(line)
      .description(description)
      .option('--collection <name>', 'collection of the versions', 'pictograms')
      .option('--store <where>', storeFlag, 'local')
      .option('--json', 'print the result as JSON');

  command('list', 'list versions with their state and size').action((flags: Flags) =>
    act(flags, (store) => listVersions(store, flags.collection), table),
  );
  command('rollback [version]', 'make a version active again, by default the one before').action(
    (version: string | undefined, flags: Flags) =>
      act(
        flags,
        (store) => rollBack(store, flags.collection, version),
        (result) => `${result.collection} is at ${result.version}, no more at ${result.from}`,
      ),
  );
  withRemoval(command('remove <version>', 'remove a version that is not active')).action(
    (version: string, flags: CollectFlags) =>
      act(
        flags,
        (store) => removeVersion(store, flags.collection, version, removal(flags)),
        ({ collection, objects, vectors }) =>
          `${collection} ${version} is gone: ${objects} objects, ${vectors} vectors`,
      ),
  );
  withRemoval(command('collect', 'remove versions beyond the last ones, and what nobody uses'))
    .option('--keep <n>', 'versions that stay, the active one among them', atLeast(1), 3)
    .option('--dry-run', 'say what would be removed, and remove nothing')
    .action((flags: CollectFlags) => {
      const { collection, keep, dryRun } = flags;
      return act(
        flags,
        (store) => collectGarbage(store, { collection, keep, dryRun, ...removal(flags) }),
        (result) => collected(result, dryRun === true),
      );
    });
}

function withRemoval(command: Command): Command {
  return command
    .option('--grace <minutes>', 'how long ago it must have stopped being active', atLeast(0), 60)
    .option('--vectorize <index>', 'Vectorize index of versions that keep their vectors there');
}

function removal({ grace, vectorize }: CollectFlags) {
  return { graceMs: grace * minuteMs, target: openTarget(vectorize) };
}

/** Open the store, do what the command does and print what came of it. */
async function act<T>(
  { store: where, json }: Flags,
  work: (store: ObjectStore) => Promise<T>,
  text: (result: T) => string,
): Promise<void> {
  const store = await openStore(where);
  try {
    const result = await work(store);
    process.stdout.write(`${json ? JSON.stringify(result) : text(result)}\n`);
  } finally {
    await store.close();
  }
}

function table(versions: readonly StoredVersion[]): string {
  if (versions.length === 0) return 'no versions';
  const head = ['version', 'state', 'items', 'captions', 'MB', 'model', 'uploaded', 'active until'];
  const rows = versions.map(({ version, state, about, bytes, uploaded, activeUntil }) => [
    version,
    state,
    about?.items ?? '-',
    about?.captions ?? '-',
    megabytes(bytes),
    about?.model ?? '-',
    uploaded.toISOString(),
    activeUntil?.toISOString() ?? '-',
  ]);
  const printed = new Table({ head, style: { head: [], border: [] } });
  printed.push(...rows);
  return printed.toString();
}

function collected({ removed, kept }: CollectResult, dryRun: boolean): string {
  const bytes = removed.reduce((sum, garbage) => sum + garbage.bytes, 0);
  return [
    ...kept.map(({ version, why }) => `keep ${version}: ${why}`),
    ...removed.map(
      ({ what, why, bytes: size }) => `remove ${what}: ${why} (${megabytes(size)} MB)`,
    ),
    `${removed.length} ${dryRun ? 'would be' : 'were'} removed, ${megabytes(bytes)} MB`,
  ].join('\n');
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function atLeast(least: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (Number.isInteger(number) && number >= least) return number;
    throw new InvalidArgumentError(`expected a whole number from ${least} on`);
  };
}
