import type { StoredSize } from './image-header.ts';

/**
 * Read the size of a GIF (GIF89a, 18 and 20). Its logical screen may be smaller than a frame: the
 * first frame widens it, as browsers and libvips have it, and any frame may take memory.
 *
 * @throws RangeError the file ends before
 */
export function readGifSize(view: DataView): StoredSize {
  const uint16 = (at: number) => view.getUint16(at, true);
  let [width, height, largest, isFirst] = [uint16(6), uint16(8), 0, true];
  for (let at = 13 + colourTable(view.getUint8(10)); at + 10 <= view.byteLength;) {
    const kind = view.getUint8(at);
    if (kind === extension) at = afterBlocks(view, at + 2);
    else if (kind === descriptor) {
      const [left, top, frameWidth, frameHeight] = [1, 3, 5, 7].map((place) => uint16(at + place));
      if (isFirst) {
        width = Math.max(width, left! + frameWidth!);
        height = Math.max(height, top! + frameHeight!);
      }
      largest = Math.max(largest, frameWidth! * frameHeight!);
      isFirst = false;
      at = afterBlocks(view, at + 11 + colourTable(view.getUint8(at + 9)));
    } else break;
  }
  return { width, height, largest };
}

const extension = 0x21;
const descriptor = 0x2c;

/** Bytes of the colour table that flags announce. */
function colourTable(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

/** Skip a list of blocks; the last one is empty. */
function afterBlocks(view: DataView, at: number): number {
  while (at < view.byteLength) {
    const length = view.getUint8(at);
    at += 1 + length;
    if (length === 0) break;
  }
  return at;
}
