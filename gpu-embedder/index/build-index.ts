import { openVersionFolder } from '../common/open-version-folder.ts';
import { progressBar, type Progress } from '../progress.ts';
import {
  buildVersion,
  type BuildStage,
  type BuildVersionOptions,
  type BuiltVersion,
} from './build-version.ts';
import { openDatasetSource } from './dataset-source.ts';

export interface BuildIndexOptions extends Omit<BuildVersionOptions, 'onProgress' | 'from'> {
  /** Folder that `encode` wrote. */
  readonly embeddings: string;
  /** Prepared data set that was encoded. */
  readonly data: string;
  /** Folder of a version whose graphs are changed instead of built anew. */
  readonly from?: string;
}

export interface BuildIndexResult extends BuiltVersion {
  /** Pictures that are found by pseudo-captions. */
  readonly pseudoCaptioned: number;
}

/** Build an index version of a prepared data set from its embeddings. */
export async function buildIndex({
  from,
  ...options
}: BuildIndexOptions): Promise<BuildIndexResult> {
  const source = await openDatasetSource(options);
  const previous = from === undefined ? undefined : await openVersionFolder(from);
  const { pseudoCaptioned } = source;
  const bars = stageBars();
  try {
    const built = await buildVersion(source, {
      ...options,
      from: previous,
      onProgress: bars.update,
    });
    return { ...built, pseudoCaptioned };
  } finally {
    bars.stop();
  }
}

/** A bar at a time, of the stage that is told of. */
function stageBars() {
  let shown: { readonly stage: BuildStage; readonly bar: Progress } | undefined;
  const stop = () => shown?.bar.stop();
  return {
    update(stage: BuildStage, done: number, total: number): void {
      if (shown?.stage !== stage) {
        stop();
        shown = { stage, bar: progressBar(stage, total) };
      }
      shown.bar.update(done);
    },
    stop,
  };
}
