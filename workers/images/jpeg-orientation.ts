import { findOrientation } from '../../src/image/orientation.ts';

/**
 * Take the EXIF orientation out of a JPEG: the tag is set to "upright" where it lies, so that a
 * decoder turns nothing whether it heeds the tag or not (the Images service does, its local
 * stand-in does not).
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
