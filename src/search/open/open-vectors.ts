import { vectorFile, type VectorKind } from '../../version/keys.ts';
import { searcherFileOffset, searcherMemoryPages } from '../../version/searcher-memory.ts';
import { createSearcher, type Searcher } from '../../hnsw/searcher.ts';
import { createMemory } from '../../kernel/webassembly.ts';
import { checkCount } from './check-tables.ts';
import type { VersionFiles } from './version-files.ts';

/**
 * Load the vectors of a kind, or those of a shard, into memory of their own. The searcher verifies
 * the checksums in the file.
 *
 * @param module - the search kernel
 * @throws DiptychError index_unreadable
 */
export async function openVectors(
  files: VersionFiles,
  kind: VectorKind,
  module: WebAssembly.Module,
  shard?: number,
): Promise<Searcher> {
  const { manifest } = files;
  const name = vectorFile(kind, shard);
  const fileBytes = files.size(name);
  const { efSearch, count: all } = manifest[kind];
  const count = shard === undefined ? all : (manifest.shards?.[shard]?.[kind].count ?? 0);
  const memory = createMemory(searcherMemoryPages(fileBytes, count));
  const target = new Uint8Array(memory.buffer, searcherFileOffset, fileBytes);
  await files.read(name, { target, hasOwnChecksum: true });
  const dim = manifest.model.embedDim;
  const key = files.key(name);
  const searcher = createSearcher({ module, memory, fileBytes, name: key, efSearch, dim });
  checkCount(key, searcher.header.count, count);
  return searcher;
}
