import type { Command } from 'commander';
import { modelFlag } from '../flags/models.ts';
import { share } from '../flags/numbers.ts';
import { modelDir } from '../../common/model-folder/model-dir.ts';
import { progressBar, type Progress } from '../../common/progress.ts';
import type { VectorizeTarget } from '../../operate/vectorize/publish-vectors.ts';
import { publishVersion, type PublishResult } from '../../operate/publish/publish-version.ts';
import { accountOf, openVectorizeIndex } from '../../operate/vectorize/vectorize-rest.ts';
import { openStore, storeFlag } from '../../operate/store/open-store.ts';

interface PublishFlags {
  readonly index: string;
  readonly model: string;
  readonly store: string;
  readonly recall: number;
  readonly vectorize?: string;
  readonly json?: boolean;
}

export function registerPublish(program: Command): void {
  program
    .command('publish')
    .description('upload an index version, verify it and make it active')
    .requiredOption('--index <dir>', 'index version folder')
    .addOption(modelFlag())
    .option('--store <where>', storeFlag, 'local')
    .option('--recall <share>', 'refuse a version with a lower annRecall@10', share, 0)
    .option('--vectorize <index>', 'Vectorize index of a version that keeps its vectors there')
    .option('--json', 'print the result as JSON')
    .action(async ({ index, model, store: where, recall, vectorize, json }: PublishFlags) => {
      const store = await openStore(where);
      try {
        const target = openTarget(vectorize);
        const show = progressOf('publish');
        const onProgress = (done: number, total: number) =>
          show(Math.round((100 * done) / total), 100);
        const options = { recall };
        const result = await publishVersion(
          store,
          index,
          await modelDir(model),
          onProgress,
          target,
          options,
        );
        process.stdout.write(`${json ? JSON.stringify(result) : summary(result)}\n`);
      } finally {
        await store.close();
      }
    });
}

function summary({
  collection,
  version,
  published,
  objects,
  bytes,
  vectors,
}: PublishResult): string {
  const name = `${collection} ${version}`;
  const sent = vectors > 0 ? `, ${vectors} vectors sent to Vectorize` : '';
  return published
    ? `${name} is active: ${objects} objects, ${(bytes / 1e6).toFixed(1)} MB uploaded${sent}`
    : `${name} was already active${sent}`;
}

/** Open the Vectorize index of a name, with the account in the environment. */
export function openTarget(name?: string): VectorizeTarget | undefined {
  if (name === undefined) return undefined;
  const index = openVectorizeIndex(name, accountOf(process.env));
  return { index, onProgress: progressOf('vectors') };
}

/** Show a bar from the first step to the last. */
function progressOf(label: string): (done: number, total: number) => void {
  let bar: Progress | undefined;
  return (done, total) => {
    bar ??= progressBar(label, total);
    bar.update(done);
    if (done === total) bar.stop();
  };
}
