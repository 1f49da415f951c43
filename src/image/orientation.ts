import { readAvifProperties } from './avif-properties.ts';
import type { RasterFormat } from './image-format.ts';
import { writePngChecksum } from './png-checksum.ts';
import { jpegSegments, nameAt, pngChunks, viewOf, webpChunks, type Segment } from './segments.ts';
import { findTiffField } from './tiff-directory.ts';

/** How a stored image must be turned, as libvips and browsers read it from the file. */
interface Turn {
  /** As in EXIF (tag 0x0112): 1 (upright) to 8. */
  readonly orientation: number;
  /** Overwrite it with "upright", wherever it is written. */
  erase(): void;
}

/** Read the orientation of an image: 1 (upright) to 8, as in EXIF. */
export function orientationOf(format: RasterFormat, bytes: Uint8Array): number {
  return readTurn(format, bytes).orientation;
}

/** Tell whether an image is shown with its width and height swapped. */
export function isTurned(format: RasterFormat, bytes: Uint8Array): boolean {
  return orientationOf(format, bytes) >= 5;
}

/**
 * Take the orientation out of an image: overwrite it with "upright". Then no decoder turns the
 * image. Otherwise it would depend on the decoder and the format: libvips turns AVIF alone, browsers
 * turn nearly everything, and the Images service does not say what it turns.
 *
 * @param bytes - some of them may change
 * @returns the orientation that was there, 1 (upright) to 8, as in EXIF
 */
export function takeOrientation(format: RasterFormat, bytes: Uint8Array): number {
  const { orientation, erase } = readTurn(format, bytes);
  erase();
  return orientation;
}

const upright: Turn = { orientation: 1, erase: () => {} };

function readTurn(format: RasterFormat, bytes: Uint8Array): Turn {
  try {
    return turnReaders[format](viewOf(bytes));
  } catch {
    // The DataView read past the end. If the image is damaged, its decoder will say so.
    return upright;
  }
}

const turnReaders: Readonly<Record<RasterFormat, (view: DataView) => Turn>> = {
  jpeg: (view) => turnOf(view, exifOfJpeg(view)),
  png: (view) => turnOf(view, exifOfPng(view)),
  webp: (view) => turnOf(view, exifOfWebp(view)),
  tiff: (view) => turnOf(view, [{ tiff: 0, counts: true }]),
  gif: () => upright,
  avif: turnOfAvif,
};

/** EXIF in a file. */
interface Exif {
  /** The place of the TIFF header with which it begins. */
  readonly tiff: number;
  /** Whether decoders obey it. Where they do not, its orientation is erased nevertheless. */
  readonly counts: boolean;
  /** Called when it was changed. */
  readonly changed?: () => void;
}

/** The first EXIF that counts decides, even if it has no orientation. */
function turnOf(view: DataView, all: readonly Exif[]): Turn {
  const fields = all.map((exif) => ({ ...exif, field: findTiffField(view, exif.tiff, 0x0112) }));
  const value = fields.find(({ counts }) => counts)?.field?.value ?? 1;
  return {
    orientation: value >= 1 && value <= 8 ? value : 1,
    erase: () => {
      for (const { field, changed } of fields) {
        field?.set(1);
        changed?.();
      }
    },
  };
}

/** Find the segments APP1 with "Exif" and two zeros. */
function exifOfJpeg(view: DataView): Exif[] {
  return [...jpegSegments(view)]
    .filter(({ name, start }) => name === 'e1' && nameAt(view, start) === 'Exif')
    .map(({ start }) => ({ tiff: start + 6, counts: true }));
}

/** Find the chunks `eXIf` (PNG 3, 11.3.3.4). Decoders that stream do not see one behind the pixels. */
function exifOfPng(view: DataView): Exif[] {
  const chunks = [...pngChunks(view)];
  const pixels = chunks.findIndex(({ name }) => name === 'IDAT');
  return chunks.flatMap((chunk, i) =>
    chunk.name === 'eXIf'
      ? {
          tiff: chunk.start,
          counts: i < pixels,
          changed: () => writePngChecksum(view, chunk),
        }
      : [],
  );
}

/**
 * Find the chunks `EXIF` (RFC 9649, 2.7.1.5), which decoders obey if the header announces them. Some
 * programs begin the content as in a JPEG.
 */
function exifOfWebp(view: DataView): Exif[] {
  const chunks = [...webpChunks(view)];
  const [header] = chunks;
  const counts = header?.name === 'VP8X' && (view.getUint8(header.start) & 0x08) !== 0;
  return chunks
    .filter(({ name }) => name === 'EXIF')
    .map(({ start }) => ({ tiff: start + (nameAt(view, start) === 'Exif' ? 6 : 0), counts }));
}

/** The orientations of quarter turns to the left, for each way to mirror the picture then. */
const turns = { none: [1, 8, 3, 6], vertically: [4, 5, 2, 7], horizontally: [2, 7, 4, 5] } as const;

/**
 * Read the properties `irot` and `imir`, which AVIF has instead of EXIF (ISO/IEC 23008-12, 6.5.10
 * and 6.5.12). Decoders do not obey EXIF in AVIF.
 */
function turnOfAvif(view: DataView): Turn {
  const { shown, all } = readAvifProperties(view);
  const isTurn = ({ name, start, end }: Segment) => /^(irot|imir)$/.test(name) && end > start;
  const steps = shown.filter(isTurn);
  const byteOf = (name: string) => {
    const step = steps.find((one) => one.name === name);
    return step && view.getUint8(step.start);
  };
  const mirror = byteOf('imir');
  const angle = (byteOf('irot') ?? 0) % 4;
  // A turn to the left behind a mirror is one to the right before it.
  const left = steps[0]?.name === 'imir' ? (4 - angle) % 4 : angle;
  const way = mirror === undefined ? 'none' : mirror % 2 === 0 ? 'vertically' : 'horizontally';
  return {
    orientation: turns[way][left as 0 | 1 | 2 | 3],
    erase: () => {
      for (const { start } of all.filter(isTurn)) {
        // No value of `imir` means "not mirrored", so it becomes a turn by nothing, of equal length.
        view.setUint32(start - 4, irot);
        view.setUint8(start, 0);
      }
    },
  };
}

const irot = 0x69726f74;
