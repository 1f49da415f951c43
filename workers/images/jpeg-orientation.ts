import { findOrientation } from '../../src/image/orientation.ts';

/**
 * Take the EXIF orientation out of a JPEG: overwrite the tag with "upright". Then no decoder turns the
 * image. Otherwise the Images service would obey the tag, but its local stand-in would not.
 *
 * @param bytes - a JPEG; two of its bytes may change
 * @returns the orientation that was there, 1 to 8; 1 is upright
 */
export function takeJpegOrientation(bytes: Uint8Array): number {
  const tag = findOrientation('jpeg', bytes);
  if (!tag) return 1;
  const { value, offset, isLittleEndian } = tag;
  new DataView(bytes.buffer, bytes.byteOffset).setUint16(offset, 1, isLittleEndian);
  return value >= 1 && value <= 8 ? value : 1;
}
