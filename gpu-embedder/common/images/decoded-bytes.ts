import type { Metadata } from 'sharp';

/** What the header of a raster image says that its memory depends on. */
export type DecodedHeader = Pick<
  Metadata,
  'format' | 'width' | 'height' | 'channels' | 'depth' | 'isProgressive'
>;

/** Rows that the library holds of an image that it decodes row by row. */
const rowsHeld = 1024;

/**
 * Estimate the memory that it takes to decode an image to a small one, bytes. The numbers were
 * measured with pictures of 36 million pixels; bench/decode-memory.ts compares them.
 */
export function decodedBytes(header: DecodedHeader): number {
  const { width, height } = header;
  return Math.max(width * height * bytesPerPixel(header), width * rowsHeld * stored(header));
}

/** Bytes of a pixel as it is stored. */
const stored = ({ channels, depth }: DecodedHeader) => channels * (sampleBytes[depth] ?? 8);

const sampleBytes: Readonly<Record<string, number>> = {
  uchar: 1,
  char: 1,
  ushort: 2,
  short: 2,
  uint: 4,
  int: 4,
  float: 4,
};

/** Bytes for each pixel of the whole image; 0 for formats of which only some rows are held. */
function bytesPerPixel(header: DecodedHeader): number {
  switch (header.format) {
    case 'jpeg':
      // The coefficients of all scans, 16 bits each.
      return header.isProgressive ? 2 * header.channels : 0;
    case 'png':
      return header.isProgressive ? stored(header) : 0;
    case 'tiff':
      // A strip may be the whole image.
      return stored(header);
    case 'webp':
      return 4;
    case 'gif':
      return 5;
    case 'heif':
      // The planes of the decoder, their copy, and RGB.
      return 19;
    default:
      return stored(header);
  }
}
