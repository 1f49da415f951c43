import { openVersionFolder } from '../../common/open-version-folder.ts';
import { buildVersion, type BuildVersionOptions, type BuiltVersion } from './build-version.ts';
import { stageBars } from '../../common/stage-bars.ts';
import { openDatasetSource } from '../source/dataset-source.ts';

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
