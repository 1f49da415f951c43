import type { Command } from 'commander';
import { progressBar } from '../progress.ts';
import { publishVersion, rollBack } from '../publish/publish-version.ts';
import type { ArtifactStore } from '../store/artifact-store.ts';
import { folderStore } from '../store/folder-store.ts';
import { localR2Store } from '../store/local-r2-store.ts';

interface PublishFlags {
  readonly index?: string;
  readonly model: string;
  readonly store: string;
  readonly collection: string;
  readonly rollback?: string;
  readonly json?: boolean;
}

/** Where the local R2 of `diptych dev` keeps its objects. */
export const localR2Dir = '.diptych/store/r2';

export function registerPublish(program: Command): void {
  program
    .command('publish')
    .description('upload an index version, verify it and make it active')
    .option('--index <dir>', 'index version folder')
    .option('--model <dir>', 'model that the index was built with', 'models/pictogram')
    .option('--store <where>', `local (the R2 of diptych dev) or a folder`, 'local')
    .option('--collection <name>', 'collection to roll back', 'pictograms')
    .option('--rollback <version>', 'make a version active that was published before')
    .option('--json', 'print the result as JSON')
    .action(async (flags: PublishFlags, command: Command) => {
      if (!flags.index === !flags.rollback) {
        command.error('error: give either --index or --rollback', { exitCode: 2 });
      }
      const store = await openStore(flags.store);
      try {
        process.stdout.write(await run(store, flags));
      } finally {
        await store.close();
      }
    });
}

async function run(store: ArtifactStore, flags: PublishFlags): Promise<string> {
  const print = (result: object, text: string) =>
    (flags.json ? JSON.stringify(result) : text) + '\n';
  if (flags.rollback) {
    await rollBack(store, flags.collection, flags.rollback);
    const result = { collection: flags.collection, version: flags.rollback };
    return print(result, `${flags.collection} is at ${flags.rollback}`);
  }
  const percent = progressBar('publish', 100);
  const result = await publishVersion(store, flags.index!, flags.model, (done, total) =>
    percent.update(Math.round((100 * done) / total)),
  );
  percent.stop();
  const name = `${result.collection} ${result.version}`;
  const megabytes = (result.bytes / 1e6).toFixed(1);
  return print(
    result,
    result.published
      ? `${name} is active: ${result.objects} objects, ${megabytes} MB uploaded`
      : `${name} was active already`,
  );
}

export const openStore = async (where: string): Promise<ArtifactStore> =>
  where === 'local' ? localR2Store(localR2Dir) : folderStore(where);
