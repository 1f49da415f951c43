import type { Segment } from './segments.ts';

/** Write the checksum of a chunk of PNG whose content was changed (PNG 3, 5.5). */
export function writePngChecksum(view: DataView, { start, end }: Segment): void {
  let crc = 0xffffffff;
  for (let at = start - 4; at < end; at++) {
    crc ^= view.getUint8(at);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  view.setUint32(end, ~crc);
}
