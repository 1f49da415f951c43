import type { CaptionColumns } from '../../version/captions.ts';
import { DiptychError } from '../../errors.ts';
import type { VersionFiles } from './version-files.ts';

/** @throws DiptychError index_unreadable */
export function checkCount(what: string, got: number, expected: number): void {
  if (got === expected) return;
  const message = `${what}: expected ${expected} entries as the manifest says, got ${got}`;
  throw new DiptychError('index_unreadable', message, { expected, got });
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
