import { crc32 } from 'node:zlib';

/** Hand-made parts of image files, for what no encoder writes. */

/** EXIF with an orientation alone, in either byte order. */
export function exif(orientation: number, order: 'II' | 'MM' = 'II'): Buffer {
  const bytes = Buffer.alloc(26);
  const isLittle = order === 'II';
  const put = (value: number, at: number, width: 2 | 4) =>
    isLittle ? bytes.writeUIntLE(value, at, width) : bytes.writeUIntBE(value, at, width);
  bytes.write(order);
  put(42, 2, 2);
  put(8, 4, 4);
  put(1, 8, 2);
  put(0x0112, 10, 2);
  put(3, 12, 2);
  put(1, 14, 4);
  put(orientation, 18, 2);
  return bytes;
}

/** A segment of a JPEG. */
export function jpegSegment(marker: number, content: Uint8Array): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
}

/** The segment APP1 of a JPEG with EXIF. */
export const exifSegment = (tiff: Uint8Array) =>
  jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), tiff]));

export const afterJpegStart = (jpeg: Uint8Array, ...parts: readonly Uint8Array[]) =>
  Buffer.concat([jpeg.subarray(0, 2), ...parts, jpeg.subarray(2)]);

/** A chunk of a PNG. */
export function pngChunk(type: string, content: Uint8Array): Buffer {
  const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from(type), content, Buffer.alloc(4)]);
  chunk.writeUInt32BE(content.length);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4);
  return chunk;
}

/** Put chunks before the first one of a type. */
export function beforePngChunk(png: Buffer, type: string, ...chunks: readonly Buffer[]): Buffer {
  const at = png.indexOf(type) - 4;
  return Buffer.concat([png.subarray(0, at), ...chunks, png.subarray(at)]);
}

/** Make the header of a PNG tell a size that its pixels do not have. */
export function withPngSize(png: Buffer, [width, height]: readonly [number, number]): Buffer {
  const changed = Buffer.from(png);
  changed.writeUInt32BE(width, 16);
  changed.writeUInt32BE(height, 20);
  changed.writeUInt32BE(crc32(changed.subarray(12, 29)), 29);
  return changed;
}

/** A chunk of a WebP. */
export function webpChunk(type: string, content: Uint8Array): Buffer {
  const head = Buffer.from(`${type}\0\0\0\0`);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}

/** An extended WebP of one image and EXIF. */
export function webpWithExif(webp: Buffer, size: readonly [number, number], tiff: Buffer): Buffer {
  const header = Buffer.alloc(10);
  header[0] = 0x08;
  header.writeUIntLE(size[0] - 1, 4, 3);
  header.writeUIntLE(size[1] - 1, 7, 3);
  const chunks = [webpChunk('VP8X', header), webp.subarray(12), webpChunk('EXIF', tiff)];
  const body = Buffer.concat([Buffer.from('WEBP'), ...chunks]);
  return webpChunk('RIFF', body);
}

/** A frame of a GIF: its place and its size, filled with one of four colours. */
export interface GifFrame {
  readonly place?: readonly [number, number];
  readonly size: readonly [number, number];
  readonly colour: number;
}

/** A GIF of four colours: red, green, blue and white. */
export function gif(screen: readonly [number, number], frames: readonly GifFrame[]): Buffer {
  const uint16 = (...values: readonly number[]) =>
    values.flatMap((value) => [value & 0xff, value >> 8]);
  const colours = [221, 34, 34, 17, 102, 17, 34, 34, 221, 255, 255, 255];
  return Buffer.from([
    ...Buffer.from('GIF89a'),
    ...uint16(...screen),
    ...[0x81, 3, 0, ...colours],
    ...frames.flatMap(({ place = [0, 0], size, colour }) => [
      ...[0x2c, ...uint16(...place, ...size), 0],
      ...gifPixels(size[0] * size[1], colour),
    ]),
    0x3b,
  ]);
}

/** Pixels of one colour in LZW; a code that clears the table before each keeps codes at 3 bits. */
function gifPixels(count: number, colour: number): number[] {
  const bits: number[] = [];
  const put = (code: number) => bits.push(code & 1, (code >> 1) & 1, code >> 2);
  for (let i = 0; i < count; i++) {
    put(4);
    put(colour);
  }
  put(5);
  const bytes = Array.from({ length: Math.ceil(bits.length / 8) }, (_, i) =>
    bits.slice(8 * i, 8 * i + 8).reduce((byte, bit, place) => byte | (bit << place), 0),
  );
  const blocks: number[] = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const block = bytes.slice(at, at + 255);
    blocks.push(block.length, ...block);
  }
  return [2, ...blocks, 0];
}
