import { captionsFile, itemsFile } from '../../version/keys.ts';
import type { Manifest } from '../../version/manifest.ts';
import { readCaptionTable, type CaptionTable } from '../../version/tables/caption-table.ts';
import { readItemTable, type ItemTable } from '../../version/tables/item-table.ts';
import { loadKeywordIndex, type KeywordIndex } from '../keywords/keyword-index.ts';
import { checkCount, checkPreviews } from './check-tables.ts';
import type { VersionFiles } from './version-files.ts';

/** Everything of an index version except its vectors and its model. */
export interface VersionTables {
  readonly manifest: Manifest;
  readonly items: ItemTable;
  readonly captionTable: CaptionTable;
  readonly keywords: KeywordIndex;
}

/** Load the table that shows items. @throws DiptychError index_unreadable */
export async function openItems(files: VersionFiles): Promise<ItemTable> {
  const key = files.key(itemsFile);
  const items = readItemTable(await files.read(itemsFile), key);
  checkCount(key, items.count, files.manifest.image.count);
  checkPreviews(files, items);
  return items;
}

/** Load the captions. @throws DiptychError index_unreadable */
export async function openCaptions(files: VersionFiles): Promise<CaptionTable> {
  const { image, caption } = files.manifest;
  const key = files.key(captionsFile);
  const captions = readCaptionTable(await files.read(captionsFile), image.count, key);
  checkCount(key, captions.count, caption.count);
  return captions;
}

/**
 * Open an index version for search.
 *
 * @param openVectors - loads the vectors, or connects to the place that holds them
 * @param items - the items, where they were loaded before
 * @throws DiptychError index_unreadable, or what `openVectors` throws
 *
 * @example
 * const files = await openVersionFolder('.diptych/index/pictograms/20260101-0123456789ab');
 * const { items, images } = await openVersion(files, (files) => openLocalVectors(files, module));
 */
export async function openVersion<Vectors extends object>(
  files: VersionFiles,
  openVectors: (files: VersionFiles) => Promise<Vectors>,
  items?: ItemTable,
): Promise<VersionTables & Vectors> {
  return {
    manifest: files.manifest,
    items: items ?? (await openItems(files)),
    ...(await openVectors(files)),
    captionTable: await openCaptions(files),
    keywords: loadKeywordIndex(await files.text('keywords.json')),
  };
}
