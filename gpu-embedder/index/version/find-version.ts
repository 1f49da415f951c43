import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '../../../src/version/manifest.ts';
import { DiptychError } from '../../../src/errors.ts';
import { checkListed } from '../../../src/search/open/read-file.ts';
import type { VersionFiles } from '../../../src/search/open/version-files.ts';
import { diskSource } from '../../common/disk-source.ts';
import { openVersionFolder } from '../../common/open-version-folder.ts';
import { isBuiltFrom } from './version-id.ts';

export interface FoundVersion {
  readonly known?: { readonly dir: string; readonly manifest: Manifest };
  /** Folders of damaged versions of the same inputs, which the next build replaces. */
  readonly damaged: readonly string[];
}

/**
 * Find a whole version of a collection that was built from inputs with one of these hashes. The user
 * is told of those that are damaged.
 *
 * @param parent - folder of the versions of a collection
 */
export async function findVersion(
  parent: string,
  hashes: readonly string[],
): Promise<FoundVersion> {
  const damaged: string[] = [];
  for (const name of await readdir(parent)) {
    if (!/^\d{8}-/.test(name)) continue;
    const dir = join(parent, name);
    const files = await orTold(dir, () => openVersionFolder(dir));
    if (!files || !isBuiltFrom(files.manifest, hashes)) continue;
    if (await orTold(dir, () => checkFiles(files))) {
      return { known: { dir, manifest: files.manifest }, damaged: [] };
    }
    damaged.push(dir);
  }
  return { damaged };
}

async function checkFiles({ manifest, key }: VersionFiles): Promise<true> {
  for (const [name, entry] of Object.entries(manifest.files)) {
    await checkListed(diskSource, key(name), entry, createHash('sha256'));
  }
  return true;
}

/** Tell the user why a version is of no use. */
async function orTold<T>(dir: string, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DiptychError)) throw error;
    process.stderr.write(`${dir} is not used: ${error.message}\n`);
    return null;
  }
}
