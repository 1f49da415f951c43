import { vectorFormat, type VectorFileHeader } from '../artifact/format.ts';
import { DiptychError } from '../errors.ts';
import type { SearchKernel } from '../kernel/search-kernel.ts';
import type { WasmMemory } from '../kernel/webassembly.ts';

/**
 * Check the checksum of a vector file and that no link leads out of its sections.
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
  const payload = header.fileBytes - vectorFormat.checksumBytes;
  const view = new DataView(memory.buffer, fileOffset, header.fileBytes);
  const expected = view.getBigUint64(payload, true);
  const got = BigInt.asUintN(64, kernel.checksum(fileOffset, payload));
  if (got !== expected) {
    fail(name, 'checksum', expected.toString(16), got.toString(16));
  }
  const rows = sections.upperLinks.bytes / (4 * (1 + M));
  const node = kernel.checkGraph(sections.links.bytes / 4, rows);
  if (node >= 0) fail(name, `links of node ${node}`, `ids below ${count}`, 'others');
  if (count === 0) return;
  const start = (id: number) => view.getUint32(sections.upperStarts.offset + 4 * id, true);
  const levels = start(entryPoint + 1) - start(entryPoint);
  if (levels !== maxLevel) fail(name, `levels of entry point ${entryPoint}`, maxLevel, levels);
}

function fail(name: string, what: string, expected: string | number, got: string | number): never {
  throw new DiptychError('index_unreadable', `${name}: ${what}: expected ${expected}, got ${got}`, {
    file: name,
    expected,
    got,
  });
}
