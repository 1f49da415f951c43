import type { Manifest } from '../../src/version/manifest.ts';
import { DiptychError } from '../../src/errors.ts';
import type { Collection, CollectionItems } from '../../src/search/collection.ts';
import { openLocalVectors } from '../../src/search/open/open-local-vectors.ts';
import { openItems, openVersion } from '../../src/search/open/open-version.ts';
import type { VersionFiles } from '../../src/search/open/version-files.ts';
import type { QueryModel } from '../../src/search/query-model.ts';
import { localVectors } from '../../src/search/vector-search.ts';
import type { Env } from '../env.ts';
import { bucketVersion } from '../stores/bucket-source.ts';
import { openShards, type ShardTimes } from '../vectors/open-shards.ts';
import type { ShardNamespace } from '../vectors/shard.ts';
import { openVectorize } from '../vectors/vectorize-search.ts';

/** Load what shows items. @throws DiptychError index_unreadable */
export async function openShownItems(files: VersionFiles): Promise<CollectionItems> {
  const { manifest } = files;
  const { collection, version, model } = manifest;
  const reference = { collection, version, model: model.id };
  return { reference, manifest, items: await openItems(files) };
}

/**
 * Load all that a search needs. Vectors in shards or in Vectorize stay there.
 *
 * @throws DiptychError index_unreadable, shard_unavailable, vectorize_failed
 */
export async function openCollection(
  env: Env,
  { reference, manifest, items }: CollectionItems,
  model: QueryModel,
  searchModule: WebAssembly.Module,
  times: ShardTimes,
): Promise<Collection> {
  const files = bucketVersion(env.ARTIFACTS, manifest);
  const openPlace = () => openVectorPlace(env, files, searchModule, times);
  return { reference, model, ...(await openVersion<VectorPlaces>(files, openPlace, items)) };
}

type VectorPlaces = Pick<Collection, 'images' | 'captions' | 'partial'>;

async function openVectorPlace(
  env: Env,
  files: VersionFiles,
  module: WebAssembly.Module,
  times: ShardTimes,
): Promise<VectorPlaces> {
  const { manifest } = files;
  if (manifest.vectors === 'vectorize') return openRemote(env, manifest);
  if (manifest.shards) return openShards(shardsOf(env), manifest, times);
  const { images, captions } = await openLocalVectors(files, module);
  return { images: localVectors(images), captions: localVectors(captions) };
}

async function openRemote({ VECTORIZE }: Env, manifest: Manifest): Promise<VectorPlaces> {
  return {
    images: await openVectorize(VECTORIZE, manifest, 'image'),
    captions: await openVectorize(VECTORIZE, manifest, 'caption'),
  };
}

function shardsOf({ SHARDS }: Env): ShardNamespace {
  if (SHARDS) return SHARDS;
  throw new DiptychError('shard_unavailable', 'a version in shards needs the binding SHARDS');
}
