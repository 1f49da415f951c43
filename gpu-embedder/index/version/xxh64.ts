import { createSearchKernel } from '../../../src/kernel/search-kernel.ts';
import { createMemory } from '../../../src/kernel/webassembly.ts';
import { loadWasm } from '../../common/wasm-modules.ts';

const page = 65536;

/** Hash bytes with XXH64, by the kernel that checks the hash when the edge loads a file. */
export function xxh64(bytes: Uint8Array): bigint {
  const memory = createMemory(1 + Math.ceil(bytes.byteLength / page));
  new Uint8Array(memory.buffer, page).set(bytes);
  const hash = createSearchKernel(loadWasm('search-plain'), memory).checksum(
    page,
    bytes.byteLength,
  );
  return BigInt.asUintN(64, hash);
}
