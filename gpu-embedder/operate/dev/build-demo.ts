import { withFolderLock } from '../../common/folder-lock.ts';
import { encodeDataset } from '../../embed/encode-dataset.ts';
import { stageBars } from '../../common/stage-bars.ts';
import { openDatasetSource } from '../../index/source/dataset-source.ts';
import { buildVersion } from '../../index/version/build-version.ts';
import { preparePictograms } from '../../data/pictograms/prepare-pictograms.ts';
import { publishVersion } from '../publish/publish-version.ts';
import { localR2Store } from '../store/local-r2-store.ts';

export interface DemoOptions {
  readonly model: string;
  readonly r2Dir: string;
  /** Folder for all generated files. */
  readonly workDir: string;
  readonly onStage: (message: string) => void;
}

export const demoCollection = 'pictograms';

/**
 * Prepare, encode, index and publish the demo; stages that are already done are skipped. If another
 * process builds it, this one waits and finds everything done.
 */
export async function buildDemo(options: DemoOptions): Promise<void> {
  const { workDir } = options;
  await withFolderLock(workDir, { command: 'diptych dev', wait: true }, () => buildStages(options));
}

async function buildStages({ model, r2Dir, workDir, onStage }: DemoOptions): Promise<void> {
  const data = `${workDir}/data/pictograms-demo`;
  const embeddings = `${workDir}/embeddings/${demoCollection}`;
  onStage('prepare');
  await preparePictograms({ out: data });
  onStage('encode');
  await encodeDataset({ model, data, collection: demoCollection, out: embeddings });
  onStage('index');
  const source = await openDatasetSource({ embeddings, data });
  const bars = stageBars();
  const { dir } = await buildVersion(source, {
    model,
    collection: demoCollection,
    out: `${workDir}/index`,
    onProgress: bars.update,
  }).finally(() => bars.stop());
  onStage('publish');
  const store = await localR2Store(r2Dir);
  try {
    await publishVersion(store, dir, model);
  } finally {
    await store.close();
  }
}
