import type { VectorKind } from '../../version/keys.ts';
import { DiptychError } from '../../errors.ts';
import { joinSearchers } from '../../hnsw/join-searchers.ts';
import type { Searcher } from '../../hnsw/searcher.ts';
import { openVectors } from './open-vectors.ts';
import type { VersionFiles } from './version-files.ts';

/** Vectors of one kind in this process. Shards are searched as if they were one file. */
export type LocalVectors = Pick<Searcher, 'search' | 'score' | 'vector'>;

/**
 * Load all vectors of a version into this process.
 *
 * @param module - the search kernel
 * @throws DiptychError index_unreadable; invalid_option where the vectors are in Vectorize
 */
export async function openLocalVectors(
  files: VersionFiles,
  module: WebAssembly.Module,
): Promise<Readonly<Record<'images' | 'captions', LocalVectors>>> {
  const { vectors } = files.manifest;
  if (vectors !== 'isolate') {
    throw new DiptychError(
      'invalid_option',
      `${files.key('manifest.json')}: expected vectors in the isolate, got ${vectors}: search it through the worker`,
    );
  }
  return {
    images: await openKind(files, 'image', module),
    captions: await openKind(files, 'caption', module),
  };
}

async function openKind(
  files: VersionFiles,
  kind: VectorKind,
  module: WebAssembly.Module,
): Promise<LocalVectors> {
  const { shards } = files.manifest;
  if (!shards) return openVectors(files, kind, module);
  const parts = [];
  for (const [i, shard] of shards.entries()) {
    parts.push({ range: shard[kind], searcher: await openVectors(files, kind, module, i) });
  }
  return joinSearchers(parts);
}
