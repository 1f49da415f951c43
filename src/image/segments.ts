/** A named part of an image file; `start` and `end` enclose its content. */
export interface Segment {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Segments that are looked at: a file of ten megabytes could have millions. */
const most = 10_000;

export const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

/** Read a name of four letters. */
export function nameAt(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));
}

/**
 * List the segments of a JPEG up to its first scan (ITU T.81, B.1.1), by their marker in hex: `e1`.
 * Decoders skip fill bytes, and what lies between two segments, and so does this.
 *
 * @throws RangeError the file ends before a scan
 */
export function* jpegSegments(view: DataView): Generator<Segment> {
  for (let at = 2, found = 0; found < most;) {
    const marker = view.getUint8(at) === 0xff ? view.getUint8(at + 1) : 0;
    if (marker === 0 || marker === 0xff) at += 1;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else if (marker === 0xd9 || marker === 0xda) return;
    else {
      const end = at + 2 + Math.max(2, view.getUint16(at + 2));
      yield { name: marker.toString(16), start: at + 4, end };
      at = end;
      found++;
    }
  }
}

/** List the chunks of a PNG that are whole (PNG 3, 5.3). */
export function* pngChunks(view: DataView): Generator<Segment> {
  for (let at = 8, found = 0; at + 12 <= view.byteLength && found < most; found++) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > view.byteLength) return;
    yield { name: nameAt(view, at + 4), start: at + 8, end };
    at = end + 4;
  }
}

/** List the chunks of a WebP (RFC 9649, 2.3). */
export function* webpChunks(view: DataView): Generator<Segment> {
  for (let at = 12, found = 0; at + 8 <= view.byteLength && found < most; found++) {
    const size = view.getUint32(at + 4, true);
    yield { name: nameAt(view, at), start: at + 8, end: at + 8 + size };
    at += 8 + size + (size % 2);
  }
}

/**
 * List the boxes of an ISO base media file that are whole (ISO/IEC 14496-12, 4.2).
 *
 * @param parent - the box that holds them; by default, the file
 * @param skip - bytes of the parent's own fields before its first box
 */
export function* mediaBoxes(
  view: DataView,
  parent: Pick<Segment, 'start' | 'end'> = { start: 0, end: view.byteLength },
  skip = 0,
): Generator<Segment> {
  for (let at = parent.start + skip, found = 0; at + 8 <= parent.end && found < most; found++) {
    let [size, header] = [view.getUint32(at), 8];
    if (size === 1) [size, header] = [Number(view.getBigUint64(at + 8)), 16];
    if (size === 0) size = parent.end - at;
    if (size < header || at + size > parent.end) return;
    yield { name: nameAt(view, at + 4), start: at + header, end: at + size };
    at += size;
  }
}
