import { DiptychError } from '../errors.ts';

/** Formats that the Images binding decodes. */
export type ImageFormat = 'png' | 'jpeg' | 'gif' | 'webp' | 'avif';

export interface ImageHeader {
  readonly format: ImageFormat;
  /** Pixels of the image as it is stored. An orientation tag may swap width and height. */
  readonly width: number;
  readonly height: number;
}

/**
 * Read the size of an image from its first bytes, without decoding it.
 *
 * @throws DiptychError unsupported_image for another format; unreadable_image when the header is
 *   cut short or has no valid size
 */
export function readImageHeader(bytes: Uint8Array): ImageHeader {
  const format = formatOf(bytes);
  if (!format) {
    throw new DiptychError(
      'unsupported_image',
      `image: expected PNG, JPEG, WebP, GIF or AVIF, got ${isSvg(bytes) ? 'SVG' : 'another format'}`,
      { supported: ['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/avif'] },
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let size: Size | null;
  try {
    size = sizeReaders[format](view);
  } catch (cause) {
    // The DataView throws when it reads past the end.
    throw new DiptychError('unreadable_image', `image: ${format} header is cut short`, undefined, {
      cause,
    });
  }
  if (!size || size.width < 1 || size.height < 1) {
    throw new DiptychError('unreadable_image', `image: ${format} header has no valid size`);
  }
  return { format, ...size };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function formatOf(bytes: Uint8Array): ImageFormat | null {
  const ascii = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  if (ascii(0, 8) === '\x89PNG\r\n\x1a\n') return 'png';
  if (ascii(0, 3) === '\xff\xd8\xff') return 'jpeg';
  if (/^GIF8[79]a$/.test(ascii(0, 6))) return 'gif';
  if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'WEBP') return 'webp';
  if (ascii(4, 8) === 'ftyp' && /avi[fs]/.test(ascii(8, 40))) return 'avif';
  return null;
}

/** Tell from its first bytes whether a file is SVG. */
export function isSvg(bytes: Uint8Array): boolean {
  return /^\s*(<\?xml|<!--|<!doctype svg|<svg)/i.test(
    new TextDecoder().decode(bytes.subarray(0, 256)),
  );
}

const sizeReaders: Readonly<Record<ImageFormat, (view: DataView) => Size | null>> = {
  png: (view) => ({ width: view.getUint32(16), height: view.getUint32(20) }),
  gif: (view) => ({ width: view.getUint16(6, true), height: view.getUint16(8, true) }),
  jpeg: jpegSize,
  webp: webpSize,
  avif: avifSize,
};

/**
 * Read the frame header: SOF0 to SOF15 without DHT, JPG and DAC, after other segments (ITU T.81,
 * B.1.1).
 */
function jpegSize(view: DataView): Size | null {
  for (let at = 2; ;) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    // Skip fill bytes, and markers without a length.
    if (marker === 0xff) at += 1;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    } else if (marker === 0xd9 || marker === 0xda) return null;
    else at += 2 + view.getUint16(at + 2);
  }
}

/** Read the first chunk: VP8X, VP8L or VP8 (RFC 9649, 2.5 to 2.7). */
function webpSize(view: DataView): Size | null {
  const kind = String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + 12, 4));
  if (kind === 'VP8X') {
    const uint24 = (at: number) => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    return { width: uint24(24) + 1, height: uint24(27) + 1 };
  }
  if (kind === 'VP8L') {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (kind === 'VP8 ') {
    const side = (at: number) => view.getUint16(at, true) & 0x3fff;
    return { width: side(26), height: side(28) };
  }
  return null;
}

/**
 * Find the largest `ispe` property, because a grid also lists its tiles (ISO/IEC 23008-12, 6.5.3).
 */
function avifSize(view: DataView): Size | null {
  const ispe = 0x69737065;
  const end = Math.min(view.byteLength - 16, 65536);
  let size: Size | null = null;
  for (let at = 0; at <= end; at++) {
    if (view.getUint32(at) !== ispe) continue;
    const found = { width: view.getUint32(at + 8), height: view.getUint32(at + 12) };
    if (!size || found.width * found.height > size.width * size.height) size = found;
  }
  return size;
}
