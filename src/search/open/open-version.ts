import { parseCaptions, type CaptionColumns } from '../../version/captions.ts';
import { parseItems, type ItemColumns } from '../../version/items.ts';
import type { Manifest } from '../../version/manifest.ts';
import { loadKeywordIndex, type KeywordIndex } from '../keywords/keyword-index.ts';
import { checkCaptions, checkItems } from './check-columns.ts';
import type { VersionFiles } from './version-files.ts';

/** Everything of an index version except its vectors and its model. */
export interface VersionColumns {
  readonly manifest: Manifest;
  readonly items: ItemColumns;
  readonly captionColumns: CaptionColumns;
  readonly keywords: KeywordIndex;
}

/** Load the columns that show items. @throws DiptychError index_unreadable */
export async function openItems(files: VersionFiles): Promise<ItemColumns> {
  const items = parseItems(await files.text('items.json'), files.key('items.json'));
  checkItems(files, items);
  return items;
}

/** Load the captions. @throws DiptychError index_unreadable */
export async function openCaptions(files: VersionFiles): Promise<CaptionColumns> {
  const captions = parseCaptions(await files.text('captions.json'), files.key('captions.json'));
  checkCaptions(files, captions);
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
  items?: ItemColumns,
): Promise<VersionColumns & Vectors> {
  return {
    manifest: files.manifest,
    items: items ?? (await openItems(files)),
    ...(await openVectors(files)),
    captionColumns: await openCaptions(files),
    keywords: loadKeywordIndex(await files.text('keywords.json')),
  };
}
