import { DiptychError } from '../errors.ts';
import { limits } from '../limits.ts';
import { readAvifProperties } from './avif-properties.ts';
import { readGifSize } from './gif-size.ts';
import type { RasterFormat } from './image-format.ts';
import type { Size } from './preprocessing.ts';
import { jpegSegments, nameAt, viewOf } from './segments.ts';
import { findTiffField } from './tiff-directory.ts';

export interface StoredSize extends Size {
  /** Pixels of the largest picture in the file, where one may be larger than what is shown. */
  readonly largest?: number;
}

/**
 * Read the size of an image from its first bytes, without decoding it.
 *
 * @returns pixels of the image as it is stored; an orientation may swap width and height
 * @throws DiptychError unreadable_image when the header is cut short or has no valid size;
 *   payload_too_large for too many pixels
 */
export function readStoredSize(format: RasterFormat, bytes: Uint8Array): StoredSize {
  let size: StoredSize | null;
  try {
    size = sizeReaders[format](viewOf(bytes));
  } catch (cause) {
    // The DataView throws when it reads past the end.
    throw new DiptychError('unreadable_image', `image: ${format} header is cut short`, undefined, {
      cause,
    });
  }
  if (!size || size.width < 1 || size.height < 1) {
    throw new DiptychError('unreadable_image', `image: ${format} header has no valid size`);
  }
  const { width, height, largest = 0 } = size;
  const pixels = Math.max(width * height, largest);
  if (pixels > limits.imagePixels) {
    const got = pixels === largest ? `a frame of ${pixels}` : `${width} x ${height}`;
    throw new DiptychError(
      'payload_too_large',
      `image: expected at most ${limits.imagePixels} pixels, got ${got}`,
      { maxPixels: limits.imagePixels, width, height },
    );
  }
  return size;
}

const sizeReaders: Readonly<Record<RasterFormat, (view: DataView) => StoredSize | null>> = {
  png: (view) => ({ width: view.getUint32(16), height: view.getUint32(20) }),
  gif: readGifSize,
  jpeg: jpegSize,
  webp: webpSize,
  avif: avifSize,
  tiff: tiffSize,
};

/** Read the frame header: SOF0 to SOF15 without DHT, JPG and DAC (ITU T.81, B.1.1). */
function jpegSize(view: DataView): Size | null {
  for (const { name, start } of jpegSegments(view)) {
    if (!/^c[^48c]$/.test(name)) continue;
    return { width: view.getUint16(start + 3), height: view.getUint16(start + 1) };
  }
  return null;
}

/** Read the first chunk: VP8X, VP8L or VP8 (RFC 9649, 2.5 to 2.7). */
function webpSize(view: DataView): Size | null {
  const kind = nameAt(view, 12);
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

/** Read the properties `ispe`: that of the shown picture, and the largest of all pictures. */
function avifSize(view: DataView): StoredSize | null {
  const { shown, all } = readAvifProperties(view);
  const sizes = (boxes: typeof all) =>
    boxes
      .filter(({ name }) => name === 'ispe')
      .map(({ start }) => ({
        width: view.getUint32(start + 4),
        height: view.getUint32(start + 8),
      }));
  const [size] = sizes(shown);
  const largest = Math.max(...sizes(all).map(({ width, height }) => width * height));
  return size ? { ...size, largest } : null;
}

/** Read the fields ImageWidth and ImageLength of the first page (TIFF 6.0, section 8). */
function tiffSize(view: DataView): Size {
  const side = (tag: number) => findTiffField(view, 0, tag)?.value ?? 0;
  return { width: side(0x0100), height: side(0x0101) };
}
