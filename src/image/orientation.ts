import type { ImageFormat } from './image-header.ts';

/** The orientation tag in the EXIF of an image (EXIF 2.32, tag 0x0112). */
export interface OrientationTag {
  /** 1 (upright) to 8; a damaged file may have any number. */
  readonly value: number;
  /** The place of its two bytes in the file. */
  readonly offset: number;
  readonly isLittleEndian: boolean;
}

/**
 * Find the orientation tag of an image.
 *
 * @returns null without a tag, or when the EXIF is cut short
 */
export function findOrientation(format: ImageFormat, bytes: Uint8Array): OrientationTag | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const tiff = exifFinders[format]?.(view) ?? null;
    return tiff === null ? null : findTag(view, tiff);
  } catch {
    // The DataView read past the end. If the image is damaged, its decoder will say so.
    return null;
  }
}

/** Tell whether an image is shown with its width and height swapped. */
export function isTurned(format: ImageFormat, bytes: Uint8Array): boolean {
  if (format === 'avif') return isAvifTurned(bytes);
  const value = findOrientation(format, bytes)?.value ?? 1;
  return value >= 5 && value <= 8;
}

const orientationTag = 0x0112;
const exif = 0x45786966;

/** Functions that find the TIFF header, with which EXIF begins, for each format. */
const exifFinders: Readonly<Partial<Record<ImageFormat, (view: DataView) => number | null>>> = {
  jpeg: findInJpeg,
  png: findInPng,
  webp: findInWebp,
};

/** Find the segment APP1 with "Exif", before the scan. */
function findInJpeg(view: DataView): number | null {
  for (let at = 2; view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xda) return null;
    if (marker === 0xe1 && view.getUint32(at + 4) === exif) return at + 10;
  }
  return null;
}

/** Find the chunk `eXIf` (PNG 3, 11.3.3.4). */
function findInPng(view: DataView): number | null {
  const eXIf = 0x65584966;
  for (let at = 8; at < view.byteLength; at += 12 + view.getUint32(at)) {
    if (view.getUint32(at + 4) === eXIf) return at + 8;
  }
  return null;
}

/** Find the chunk `EXIF` (RFC 9649, 2.7.1.5). Some programs begin its content as in a JPEG. */
function findInWebp(view: DataView): number | null {
  const chunk = 0x45584946;
  let size = 0;
  for (let at = 12; at < view.byteLength; at += 8 + size + (size % 2)) {
    size = view.getUint32(at + 4, true);
    if (view.getUint32(at) === chunk) return at + (view.getUint32(at + 8) === exif ? 14 : 8);
  }
  return null;
}

function findTag(view: DataView, tiff: number): OrientationTag | null {
  const isLittleEndian = view.getUint16(tiff) === 0x4949;
  const directory = tiff + view.getUint32(tiff + 4, isLittleEndian);
  const entries = view.getUint16(directory, isLittleEndian);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + 12 * i;
    if (view.getUint16(entry, isLittleEndian) !== orientationTag) continue;
    const offset = entry + 8;
    return { value: view.getUint16(offset, isLittleEndian), offset, isLittleEndian };
  }
  return null;
}

/** Read the property `irot`, which AVIF has instead: quarter turns (ISO/IEC 23008-12, 6.5.10). */
function isAvifTurned(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const irot = 0x69726f74;
  const end = Math.min(view.byteLength - 5, 65536);
  for (let at = 0; at <= end; at++) {
    if (view.getUint32(at) === irot) return view.getUint8(at + 4) % 2 === 1;
  }
  return false;
}
