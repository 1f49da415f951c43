import { sectionNames, vectorFormat, type VectorFileHeader } from '../version/format.ts';
import { DiptychError } from '../errors.ts';
import type { SearchKernel } from '../kernel/search-kernel.ts';
import type { WasmMemory } from '../kernel/webassembly.ts';
import { upperPlace } from './upper-place.ts';

/**
 * Check the checksums of a vector file, and check that no link points outside its sections.
 *
 * @param kernel - placed over the file
 * @throws DiptychError index_unreadable
 */
export function verifyVectorFile(
  kernel: SearchKernel,
  memory: WasmMemory,
  fileOffset: number,
  header: VectorFileHeader,
  name: string,
): void {
  const { sections, count, entryPoint, maxLevel, M } = header;
  const { checksumOffset } = vectorFormat;
  const view = new DataView(memory.buffer, fileOffset, header.fileBytes);
  const check = (what: string, offset: number, bytes: number, expected: bigint) => {
    const got = BigInt.asUintN(64, kernel.checksum(fileOffset + offset, bytes));
    if (got !== expected) fail(name, what, expected.toString(16), got.toString(16));
  };
  check('checksum of the header', 0, checksumOffset, view.getBigUint64(checksumOffset, true));
  for (const section of sectionNames) {
    const { offset, bytes, checksum } = sections[section];
    if (bytes > 0) check(`checksum of ${section}`, offset, bytes, checksum);
  }

  const uppers = sections.upperNodes.bytes / 4;
  const rows = sections.upperLinks.bytes / (4 * (1 + M));
  const node = kernel.checkGraph(sections.links.bytes / 3, uppers, rows);
  if (node === count && count > 0) fail(name, 'upperNodes', 'nodes in order with rows', 'others');
  if (node >= 0) fail(name, `links of node ${node}`, `ids below ${count}`, 'others');
  if (count === 0) return;
  const levels = levelsOf(view, header, entryPoint);
  if (levels !== maxLevel) fail(name, `levels of entry point ${entryPoint}`, maxLevel, levels);
}

function levelsOf(view: DataView, header: VectorFileHeader, node: number): number {
  const { sections } = header;
  const place = upperPlace(view, header, node);
  if (place < 0) return 0;
  const start = (at: number) => view.getUint32(sections.upperStarts.offset + 4 * at, true);
  return start(place + 1) - start(place);
}

function fail(name: string, what: string, expected: string | number, got: string | number): never {
  throw new DiptychError('index_unreadable', `${name}: ${what}: expected ${expected}, got ${got}`, {
    file: name,
    expected,
    got,
  });
}
