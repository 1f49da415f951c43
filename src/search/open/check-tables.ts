import { DiptychError } from '../../errors.ts';
import { itemsFile } from '../../version/keys.ts';
import type { ItemTable } from '../../version/tables/item-table.ts';
import type { VersionFiles } from './version-files.ts';

/** @throws DiptychError index_unreadable */
export function checkCount(what: string, got: number, expected: number): void {
  if (got === expected) return;
  const message = `${what}: expected ${expected} entries as the manifest says, got ${got}`;
  throw new DiptychError('index_unreadable', message, { expected, got });
}

/** Check that the version has the bytes of every preview. @throws DiptychError index_unreadable */
export function checkPreviews({ manifest, key }: VersionFiles, { previewEnd }: ItemTable): void {
  // A version whose manifest lacks the file is refused when a preview is read.
  const end = manifest.files['previews.bin']?.bytes ?? Infinity;
  if (previewEnd <= end) return;
  throw new DiptychError(
    'index_unreadable',
    `${key(itemsFile)}: expected previews within ${end} bytes of previews.bin, got one that ends at ${previewEnd}`,
    { expected: end, got: previewEnd },
  );
}
