import { sayWhatEncodes } from '../../index/version/say-what-encodes.ts';
import { modelsPrefix } from '../../../src/version/keys.ts';
import { rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { siteFile, siteStorePrefix, type Site, type SiteEntry } from '../../../src/version/site.ts';
import { DiptychError } from '../../../src/errors.ts';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import { readVersion } from '../publish/read-version.ts';
import { folderStore } from '../store/folder-store.ts';
import { earlierExport } from './earlier-export.ts';
import { siteFiles } from './site-files.ts';

export interface ExportStaticOptions {
  /** Folder of the site. */
  readonly dir: string;
  readonly versionDir: string;
  readonly modelDir: string;
  /** Accept a folder that holds other files; default false. */
  readonly force?: boolean;
  readonly onProgress?: (bytes: number, total: number) => void;
}

export interface ExportStaticResult {
  readonly dir: string;
  readonly collection: string;
  readonly version: string;
  readonly files: number;
  /** Sizes of the files in the folder, some of which are compressed. */
  readonly bytes: {
    readonly page: number;
    readonly model: number;
    readonly index: number;
    readonly images: number;
    readonly total: number;
  };
  /** Number of files of the earlier export that the new one does not have. */
  readonly removed: number;
}

/**
 * Write a site that searches in the browser. `site.json` lists all files and is written first and
 * last: first as incomplete, so that an interrupted export is recognised. Only listed files are
 * ever removed.
 *
 * @throws DiptychError `not_prepared`, `invalid_option`, `index_unreadable`, `model_mismatch`
 */
export async function exportStatic(options: ExportStaticOptions): Promise<ExportStaticResult> {
  const { dir, versionDir, modelDir, force = false, onProgress = () => {} } = options;
  const version = await readVersion(versionDir);
  const { collection, version: id, shards, vectors } = version.manifest;
  sayWhatEncodes(version.manifest);
  if (shards) {
    throw new DiptychError(
      'invalid_option',
      `${versionDir}: expected a version without shards, got ${shards.length} shards: a site searches in one browser; index again without --shards`,
    );
  }
  if (vectors !== 'isolate') {
    throw new DiptychError(
      'invalid_option',
      `${versionDir}: expected vectors in the index files, got vectors in ${vectors}: a site searches in the browser; index again with --vectors isolate`,
    );
  }
  const sources = await siteFiles(version, modelDir);
  const paths = sources.map(({ path }) => path);
  const earlier = await earlierExport(dir, paths, force);

  const folder = folderStore(dir);
  const describe = (complete: boolean, files: Site['files']): Promise<void> =>
    writeSite(folder, { complete, collection, version: id, files });
  const planned = sources.map(({ path, size }) => [path, { bytes: size }] as const);
  await describe(false, { ...earlier?.files, ...Object.fromEntries(planned) });

  const files: Record<string, SiteEntry> = {};
  const total = sources.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  for (const { path, size, read } of sources) {
    const { bytes, gunzipped } = await read();
    await folder.put(path, bytes);
    files[path] = { bytes: bytes.length, ...(gunzipped !== undefined && { gunzipped }) };
    done += size;
    onProgress(done, total);
  }
  const stale = Object.keys(earlier?.files ?? {}).filter((path) => !(path in files));
  for (const path of stale) await removeFile(folder, dir, path);
  await describe(true, files);
  const result = { dir, collection, version: id, files: paths.length + 1 };
  return { ...result, bytes: sizesOf(files), removed: stale.length };
}

async function writeSite(
  folder: ObjectStore,
  site: Omit<Site, 'format' | 'formatVersion'>,
): Promise<void> {
  const whole: Site = { format: 'diptych static site', formatVersion: 1, ...site };
  await folder.put(siteFile, Buffer.from(`${JSON.stringify(whole, null, 1)}\n`));
}

/** Remove a file and the folders that become empty. */
async function removeFile(folder: ObjectStore, dir: string, path: string): Promise<void> {
  await folder.delete(path);
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
    const isGone = await rmdir(join(dir, parent)).then(
      () => true,
      () => false,
    );
    if (!isGone) return;
  }
}

function sizesOf(files: Site['files']): ExportStaticResult['bytes'] {
  const sizes = { page: 0, model: 0, index: 0, images: 0, total: 0 };
  for (const [path, { bytes }] of Object.entries(files)) {
    sizes[partOf(path)] += bytes;
    sizes.total += bytes;
  }
  return sizes;
}

function partOf(path: string): 'page' | 'model' | 'index' | 'images' {
  if (!path.startsWith(siteStorePrefix)) return 'page';
  if (path.startsWith(`${siteStorePrefix}${modelsPrefix}`)) return 'model';
  return path.endsWith('/previews.bin') ? 'images' : 'index';
}
