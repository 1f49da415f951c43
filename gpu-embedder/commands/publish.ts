import type { Command } from 'commander';
import type { ObjectStore } from '../../src/objects/object-store.ts';
import { progressBar, type Progress } from '../progress.ts';
import type { VectorizeTarget } from '../publish/publish-vectors.ts';
import { publishVersion, rollBack, type PublishResult } from '../publish/publish-version.ts';
import { removeVersion } from '../publish/remove-version.ts';
import { accountOf, openVectorizeIndex } from '../publish/vectorize-rest.ts';
import { folderStore } from '../store/folder-store.ts';
import { localR2Store } from '../store/local-r2-store.ts';

interface PublishFlags {
  readonly index?: string;
  readonly model: string;
  readonly store: string;
  readonly collection: string;
  readonly rollback?: string;
  readonly remove?: string;
  readonly vectorize?: string;
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
    .option('--collection <name>', 'collection of --rollback and --remove', 'pictograms')
    .option('--rollback <version>', 'make a version active that was published before')
    .option('--remove <version>', 'remove a version that is not active')
    .option('--vectorize <index>', 'Vectorize index of a version that keeps its vectors there')
    .option('--json', 'print the result as JSON')
    .action(async (flags: PublishFlags, command: Command) => {
      const actions = [flags.index, flags.rollback, flags.remove].filter(Boolean);
      if (actions.length !== 1) {
        command.error('error: give either --index, --rollback or --remove', { exitCode: 2 });
      }
      const store = await openStore(flags.store);
      try {
        process.stdout.write(await run(store, flags));
      } finally {
        await store.close();
      }
    });
}

async function run(store: ObjectStore, flags: PublishFlags): Promise<string> {
  const print = (result: object, text: string) =>
    (flags.json ? JSON.stringify(result) : text) + '\n';
  if (flags.rollback) {
    await rollBack(store, flags.collection, flags.rollback);
    const result = { collection: flags.collection, version: flags.rollback };
    return print(result, `${flags.collection} is at ${flags.rollback}`);
  }
  const target = openTarget(flags.vectorize);
  if (flags.remove) {
    const removed = await removeVersion(store, flags.collection, flags.remove, target);
    const { objects, vectors } = removed;
    return print(removed, `${nameOf(removed)} is gone: ${objects} objects, ${vectors} vectors`);
  }
  const show = progressOf('publish');
  const onProgress = (done: number, total: number) => show(Math.round((100 * done) / total), 100);
  const result = await publishVersion(store, flags.index!, flags.model, onProgress, target);
  return print(result, summary(result));
}

function summary(result: PublishResult): string {
  const { published, objects, bytes, vectors } = result;
  const sent = vectors > 0 ? `, ${vectors} vectors sent to Vectorize` : '';
  return published
    ? `${nameOf(result)} is active: ${objects} objects, ${(bytes / 1e6).toFixed(1)} MB uploaded${sent}`
    : `${nameOf(result)} was active already${sent}`;
}

const nameOf = ({ collection, version }: { collection: string; version: string }) =>
  `${collection} ${version}`;

/** The index whose name was given, with the account of the environment. */
function openTarget(name?: string): VectorizeTarget | undefined {
  if (name === undefined) return undefined;
  const index = openVectorizeIndex(name, accountOf(process.env));
  return { index, onProgress: progressOf('vectors') };
}

/** A bar from the first step to the last. */
function progressOf(label: string): (done: number, total: number) => void {
  let bar: Progress | undefined;
  return (done, total) => {
    bar ??= progressBar(label, total);
    bar.update(done);
    if (done === total) bar.stop();
  };
}

export const openStore = async (where: string): Promise<ObjectStore> =>
  where === 'local' ? localR2Store(localR2Dir) : folderStore(where);
