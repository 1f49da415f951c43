import { openVersionFolder } from '../../gpu-embedder/common/open-version-folder.ts';
import { openDatasetSource } from '../../gpu-embedder/index/source/dataset-source.ts';
import {
  buildVersion,
  type BuildVersionOptions,
  type BuildVersionResult,
} from '../../gpu-embedder/index/version/build-version.ts';

export interface DatasetIndexOptions extends Omit<BuildVersionOptions, 'from'> {
  /** Folders of `encode` and of `prepare`. */
  readonly embeddings: string;
  readonly data: string;
  /** Folder of a version whose graphs are changed. */
  readonly from?: string;
}

/** Build an index version of a prepared data set, as the command `index` does. */
export async function indexDataset({
  from,
  ...options
}: DatasetIndexOptions): Promise<BuildVersionResult> {
  const source = await openDatasetSource(options);
  const previous = from === undefined ? undefined : await openVersionFolder(from);
  return buildVersion(source, { ...options, from: previous });
}
