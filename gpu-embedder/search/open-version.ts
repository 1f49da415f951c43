import { openLocalVectors, type LocalVectors } from '../../src/search/open/open-local-vectors.ts';
import {
  openVersion as openFiles,
  type VersionColumns,
} from '../../src/search/open/open-version.ts';
import { openVersionFolder } from '../common/open-version-folder.ts';
import { loadWasm } from '../wasm-modules.ts';

/** An index version on this machine, opened for search as the edge opens it. */
export interface LocalVersion extends VersionColumns {
  readonly images: LocalVectors;
  readonly captions: LocalVectors;
}

/**
 * Open the folder of an index version for search.
 *
 * @throws DiptychError not_prepared (no version there); index_unreadable, naming the file;
 *   invalid_option where the vectors are in Vectorize
 */
export async function openVersion(dir: string): Promise<LocalVersion> {
  const files = await openVersionFolder(dir);
  return openFiles(files, () => openLocalVectors(files, loadWasm('search')));
}
