import type { Command } from 'commander';
import Table from 'cli-table3';
import { megabytes } from '../../../src/megabytes.ts';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import { collectionFlag, storedCollectionFlag } from '../flags/collections.ts';
import { durationFlag } from '../flags/durations.ts';
import { listVersions, type StoredVersion } from '../../operate/publish/list-versions.ts';
import { removeVersion } from '../../operate/publish/remove-version.ts';
import { rollBack } from '../../operate/publish/roll-back.ts';
import { openExistingStore, storeFlag } from '../../operate/store/open-store.ts';
import { asCollect } from './collect.ts';
import { openTarget } from './publish.ts';

interface Flags {
  readonly collection: string;
  readonly store: string;
  readonly json?: boolean;
}

interface RemoveFlags extends Flags {
  /** Milliseconds. */
  readonly grace: number;
  readonly vectorize?: string;
}

/** Register `versions list|rollback|remove|collect`. */
export function registerVersions(program: Command): void {
  const versions = program
    .command('versions')
    .description('list published versions, go back, remove what is unused');
  const command = (line: string, description: string, flag = storedCollectionFlag) =>
    versions
      .command(line)
      .description(description)
      .addOption(flag('collection of the versions', 'pictograms'))
      .option('--store <where>', storeFlag, 'local')
      .option('--json', 'print the result as JSON');

  command('list', 'list versions with their state and size').action((flags: Flags) =>
    act(flags, (store) => listVersions(store, flags.collection), table),
  );
  const back = 'make a version active again, by default the one before the present one';
  command('rollback [version]', back, collectionFlag).action(
    (version: string | undefined, flags: Flags) =>
      act(
        flags,
        (store) => rollBack(store, flags.collection, version),
        (result) =>
          `${result.collection} ${result.version} is active` +
          (result.from === null ? '' : `, and ${result.from} no longer`),
      ),
  );
  command('remove <version>', 'remove a version that is not active')
    .addOption(
      durationFlag('--grace', 'how long ago it must have stopped being active', {
        unit: 'minutes',
        byDefault: 60,
      }),
    )
    .option('--vectorize <index>', 'Vectorize index of versions that keep their vectors there')
    .action((version: string, flags: RemoveFlags) => {
      const { collection, grace: graceMs, vectorize } = flags;
      const options = { graceMs, target: openTarget(vectorize) };
      return act(
        flags,
        (store) => removeVersion(store, collection, version, options),
        ({ objects, vectors }) =>
          `${collection} ${version} is gone: ${objects} objects, ${vectors} vectors`,
      );
    });
  asCollect(
    command('collect', 'remove all but the latest versions, and objects that nothing uses'),
  );
}

/** Open the store, do the work of a command in it, and print the result. */
async function act<T>(
  { store: where, json }: Flags,
  work: (store: ObjectStore) => Promise<T>,
  text: (result: T) => string,
): Promise<void> {
  const store = await openExistingStore(where);
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
