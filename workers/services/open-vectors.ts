import { vectorFile, type VectorKind } from '../../src/version/keys.ts';
import type { Manifest } from '../../src/artifact/manifest.ts';
import { searcherFileOffset, searcherMemoryPages } from '../../src/hnsw/searcher-memory.ts';
import { createSearcher, type Searcher } from '../../src/hnsw/searcher.ts';
import { createMemory } from '../../src/kernel/webassembly.ts';
import type { ArtifactBucket } from './artifact-bucket.ts';
import { checkCount, fileOf } from './manifest-files.ts';
import { readInto } from './read-artifact.ts';

/**
 * Load vectors into this isolate: all of a kind, or those of a shard. The file carries its own
 * checksum, which the searcher checks.
 *
 * @throws DiptychError index_unreadable
 */
export async function openVectors(
  bucket: ArtifactBucket,
  manifest: Manifest,
  kind: VectorKind,
  module: WebAssembly.Module,
  shard?: number,
): Promise<Searcher> {
  const { key, bytes } = fileOf(manifest, vectorFile(kind, shard));
  const { efSearch, count: all } = manifest[kind];
  const count = shard === undefined ? all : (manifest.shards?.[shard]?.[kind].count ?? 0);
  const memory = createMemory(searcherMemoryPages(bytes, count));
  await readInto(bucket, key, new Uint8Array(memory.buffer, searcherFileOffset, bytes));
  const dim = manifest.model.embedDim;
  const searcher = createSearcher({ module, memory, fileBytes: bytes, name: key, efSearch, dim });
  checkCount(key, searcher.header.count, count);
  return searcher;
}
