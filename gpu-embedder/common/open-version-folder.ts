import { join } from 'node:path';
import { parseManifest } from '../../src/version/manifest.ts';
import { DiptychError } from '../../src/errors.ts';
import { readUnlistedText } from '../../src/search/open/read-file.ts';
import { versionFiles, type VersionFiles } from '../../src/search/open/version-files.ts';
import { diskSource } from './disk-source.ts';

/**
 * Open the folder of an index version.
 *
 * @throws DiptychError not_prepared (the folder holds no version), index_unreadable
 */
export async function openVersionFolder(dir: string): Promise<VersionFiles> {
  const path = (name: string) => join(dir, name);
  const json = await readUnlistedText(diskSource, path('manifest.json'));
  if (json === null) {
    throw new DiptychError(
      'not_prepared',
      `${dir}: expected an index version (a folder with manifest.json), got none: run diptych index`,
      { dir },
    );
  }
  return versionFiles(diskSource, parseManifest(path('manifest.json'), json), path);
}
