import type { CaptionColumns } from '../../version/captions.ts';
import type { ItemColumns } from '../../version/items.ts';
import { DiptychError } from '../../errors.ts';
import type { VersionFiles } from './version-files.ts';

/** @throws DiptychError index_unreadable */
export function checkCount(what: string, got: number, expected: number): void {
  if (got === expected) return;
  const message = `${what}: expected ${expected} entries as the manifest says, got ${got}`;
  throw new DiptychError('index_unreadable', message, { expected, got });
}

/** Check that every item has a set, a type and bytes of its preview that the version has. */
export function checkItems({ manifest, key }: VersionFiles, items: ItemColumns): void {
  checkCount(key('items.json'), items.ids.length, manifest.image.count);
  const { sets, setNames, previews, previewTypes } = items;
  // A version whose manifest lacks the file is refused when a preview is read.
  const end = manifest.files['previews.bin']?.bytes ?? Infinity;
  const { types, offsets, lengths } = previews;
  const isSound = items.ids.every(
    (_, i) =>
      sets[i]! < setNames.length &&
      types[i]! < previewTypes.length &&
      offsets[i]! + lengths[i]! <= end,
  );
  if (isSound) return;
  throw new DiptychError(
    'index_unreadable',
    `${key('items.json')}: expected sets, types and previews within ${end} bytes of previews.bin, got others`,
  );
}

/**
 * Check that there is a caption for each vector, and that captions describe items of the version.
 */
export function checkCaptions(
  { manifest, key }: VersionFiles,
  { texts, items }: CaptionColumns,
): void {
  checkCount(key('captions.json'), texts.length, manifest.caption.count);
  const count = manifest.image.count;
  for (const [caption, ordinals] of items.entries()) {
    if (ordinals.length > 0 && ordinals.every((ordinal) => ordinal < count)) continue;
    throw new DiptychError(
      'index_unreadable',
      `${key('captions.json')}: caption ${caption}: expected items below ${count}, got ${ordinals.join(', ') || 'none'}`,
    );
  }
}
