import { parseCaptions } from '../../src/artifact/captions.ts';
import { parseItems } from '../../src/artifact/items.ts';
import { versionKey } from '../../src/artifact/keys.ts';
import type { Manifest } from '../../src/artifact/manifest.ts';
import { DiptychError } from '../../src/errors.ts';
import { loadKeywordIndex } from '../../src/search/keywords/keyword-index.ts';
import type { Collection, CollectionItems } from '../../src/search/collection.ts';
import type { QueryModel } from '../../src/search/query-model.ts';
import { localVectors } from '../../src/search/vector-search.ts';
import type { Env } from '../env.ts';
import type { ArtifactBucket } from './artifact-bucket.ts';
import { checkCount, fileOf } from './manifest-files.ts';
import { openVectors } from './open-vectors.ts';
import { readCheckedText } from './read-artifact.ts';
import { openShards, type ShardTimes } from './shard-vectors.ts';
import type { ShardNamespace } from './shard.ts';
import { openVectorize } from './vectorize-search.ts';

/** Load what is needed to show items. @throws DiptychError index_unreadable */
export async function openItems(
  bucket: ArtifactBucket,
  manifest: Manifest,
): Promise<CollectionItems> {
  const { collection, version, model } = manifest;
  const items = parseItems(await readFile(bucket, manifest, 'items.json'));
  return { reference: { collection, version, model: model.id }, manifest, items };
}

/**
 * Load all that a search needs, or open what shards or Vectorize hold of it.
 *
 * @throws DiptychError index_unreadable, shard_unavailable, vectorize_failed
 */
export async function openCollection(
  env: Env,
  items: CollectionItems,
  model: QueryModel,
  searchModule: WebAssembly.Module,
  times: ShardTimes,
): Promise<Collection> {
  const { manifest } = items;
  const vectors = await openPlace(env, manifest, searchModule, times);
  const loaded = {
    ...items,
    model,
    ...vectors,
    captionColumns: parseCaptions(await readFile(env.ARTIFACTS, manifest, 'captions.json')),
    keywords: loadKeywordIndex(await readFile(env.ARTIFACTS, manifest, 'keywords.json')),
  };
  checkColumns(loaded);
  return loaded;
}

function openPlace(env: Env, manifest: Manifest, module: WebAssembly.Module, times: ShardTimes) {
  if (manifest.vectors === 'vectorize') return openRemote(env, manifest);
  if (manifest.shards) return openShards(shardsOf(env), manifest, times);
  return openHere(env.ARTIFACTS, manifest, module);
}

async function openRemote({ VECTORIZE }: Env, manifest: Manifest) {
  return {
    images: await openVectorize(VECTORIZE, manifest, 'image'),
    captions: await openVectorize(VECTORIZE, manifest, 'caption'),
  };
}

async function openHere(bucket: ArtifactBucket, manifest: Manifest, module: WebAssembly.Module) {
  return {
    images: localVectors(await openVectors(bucket, manifest, 'image', module)),
    captions: localVectors(await openVectors(bucket, manifest, 'caption', module)),
  };
}

function shardsOf({ SHARDS }: Env): ShardNamespace {
  if (SHARDS) return SHARDS;
  throw new DiptychError('shard_unavailable', 'a version in shards needs the binding SHARDS');
}

function readFile(bucket: ArtifactBucket, manifest: Manifest, name: string): Promise<string> {
  const file = fileOf(manifest, name);
  return readCheckedText(bucket, file.key, file);
}

function checkColumns({ manifest, items, captionColumns }: Collection): void {
  const { collection, version } = manifest;
  const key = (file: string) => versionKey(collection, version, file);
  const count = items.ids.length;
  checkCount(key('items.json'), count, manifest.image.count);
  checkCount(key('captions.json'), captionColumns.texts.length, manifest.caption.count);
  const wrong = captionColumns.items.findIndex(
    (ordinals) => ordinals.length === 0 || ordinals.some((ordinal) => ordinal >= count),
  );
  if (wrong >= 0) {
    throw new DiptychError(
      'index_unreadable',
      `${key('captions.json')}: caption ${wrong}: expected items below ${count}, got ${captionColumns.items[wrong].join(', ') || 'none'}`,
    );
  }
}
