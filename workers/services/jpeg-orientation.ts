/**
 * Take the EXIF orientation out of a JPEG: the tag is set to "upright" where it lies, so that a
 * decoder turns nothing whether it heeds the tag or not (the Images service does, its local
 * stand-in does not).
 *
 * @param bytes - a JPEG; two of its bytes may change
 * @returns the orientation that was there, 1 to 8 (EXIF 2.32, tag 0x0112); 1 is upright
 */
export function takeJpegOrientation(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const tiff = findExif(view);
    return tiff === null ? 1 : takeTag(view, tiff);
  } catch {
    // A cut segment: the decoder will say what is wrong with the image, if anything.
    return 1;
  }
}

const app1 = 0xe1;
const startOfScan = 0xda;
const exifHeader = 0x45786966;
const orientationTag = 0x0112;

/** Offset of the TIFF header. */
function findExif(view: DataView): number | null {
  for (let at = 2; view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint8(at + 1);
    if (marker === startOfScan) return null;
    if (marker === app1 && view.getUint32(at + 4) === exifHeader) return at + 10;
  }
  return null;
}

function takeTag(view: DataView, tiff: number): number {
  const isLittle = view.getUint16(tiff) === 0x4949;
  const directory = tiff + view.getUint32(tiff + 4, isLittle);
  const entries = view.getUint16(directory, isLittle);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + 12 * i;
    if (view.getUint16(entry, isLittle) !== orientationTag) continue;
    const orientation = view.getUint16(entry + 8, isLittle);
    view.setUint16(entry + 8, 1, isLittle);
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
  }
  return 1;
}
