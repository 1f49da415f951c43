import { vectorFormat, headerOffsets } from '../../../src/version/format.ts';
import { createSearcher, type Searcher, type SearcherOptions } from '../../../src/hnsw/searcher.ts';
import { searcherFileOffset, searcherMemoryPages } from '../../../src/version/searcher-memory.ts';
import { createMemory } from '../../../src/kernel/webassembly.ts';
import { loadWasm } from '../../common/wasm-modules.ts';

/** Open a vector file in Node. */
export function openSearcher(
  file: Uint8Array,
  options: Partial<Pick<SearcherOptions, 'module' | 'name' | 'efSearch' | 'efMax' | 'dim'>> = {},
): Searcher {
  // `createSearcher` refuses a file that is too short for a header.
  const tooShort = file.byteLength < vectorFormat.headerBytes;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  // Cap the count at the file size: a damaged header must not allocate gigabytes.
  const count = tooShort ? 0 : Math.min(view.getUint32(headerOffsets.count, true), file.byteLength);
  const memory = createMemory(searcherMemoryPages(file.byteLength, count, options.efMax));
  new Uint8Array(memory.buffer, searcherFileOffset).set(file);
  return createSearcher({
    module: loadWasm('search'),
    ...options,
    memory,
    fileBytes: file.byteLength,
  });
}
