import { z } from 'zod';
import type { IndexReference } from '../../src/api.ts';
import { parseCaptions, type CaptionColumns } from '../../src/artifact/captions.ts';
import { parseItems, type ItemColumns } from '../../src/artifact/items.ts';
import { versionKey } from '../../src/artifact/keys.ts';
import { manifestSchema, type Manifest } from '../../src/artifact/manifest.ts';
import { DiptychError } from '../../src/errors.ts';
import { searcherFileOffset, searcherMemoryPages } from '../../src/hnsw/searcher-memory.ts';
import { createSearcher } from '../../src/hnsw/searcher.ts';
import { createMemory } from '../../src/kernel/webassembly.ts';
import { loadKeywordIndex, type KeywordIndex } from '../../src/query/keyword-index.ts';
import type { VectorKind } from '../../src/vectorize/vector-names.ts';
import type { Env } from '../env.ts';
import type { ArtifactBucket } from './artifact-bucket.ts';
import type { EdgeModel } from './open-model.ts';
import { readCheckedText, readInto, readJson } from './read-artifact.ts';
import { localVectors, type VectorSearch } from './vector-search.ts';
import { openVectorize } from './vectorize-search.ts';

/** The items of an index version: enough to show them. */
export interface CollectionItems {
  readonly reference: IndexReference;
  readonly manifest: Manifest;
  readonly items: ItemColumns;
}

/** An index version that can be searched, with the model that it was built with. */
export interface Collection extends CollectionItems {
  readonly model: EdgeModel;
  readonly images: VectorSearch;
  readonly captions: VectorSearch;
  readonly captionColumns: CaptionColumns;
  readonly keywords: KeywordIndex;
}

/** Read the manifest of a version. @throws DiptychError index_unreadable */
export async function readManifest(
  bucket: ArtifactBucket,
  collection: string,
  version: string,
): Promise<Manifest> {
  const key = versionKey(collection, version, 'manifest.json');
  const parsed = manifestSchema.safeParse(await readJson(bucket, key));
  if (!parsed.success) {
    throw new DiptychError('index_unreadable', `${key}: ${z.prettifyError(parsed.error)}`, { key });
  }
  const manifest = parsed.data;
  if (manifest.collection === collection && manifest.version === version) return manifest;
  throw new DiptychError(
    'index_unreadable',
    `${key}: expected collection ${collection}, version ${version}, got ${manifest.collection}, ${manifest.version}`,
    { key },
  );
}

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
 * Load all that a search needs. Vector files carry their own checksum, which the searcher checks.
 *
 * @throws DiptychError index_unreadable, vectorize_failed
 */
export async function openCollection(
  { ARTIFACTS: bucket, VECTORIZE }: Env,
  items: CollectionItems,
  model: EdgeModel,
  searchModule: WebAssembly.Module,
): Promise<Collection> {
  const { manifest } = items;
  const open = (kind: VectorKind) =>
    manifest.vectors === 'vectorize'
      ? openVectorize(VECTORIZE, manifest, kind)
      : openVectors(bucket, manifest, kind, searchModule);
  const loaded = {
    ...items,
    model,
    images: await open('image'),
    captions: await open('caption'),
    captionColumns: parseCaptions(await readFile(bucket, manifest, 'captions.json')),
    keywords: loadKeywordIndex(await readFile(bucket, manifest, 'keywords.json')),
  };
  checkColumns(loaded);
  return loaded;
}

/** Load the vectors of one kind into this isolate. */
async function openVectors(
  bucket: ArtifactBucket,
  manifest: Manifest,
  kind: VectorKind,
  module: WebAssembly.Module,
): Promise<VectorSearch> {
  const { key, bytes } = fileOf(manifest, `${kind}.bin`);
  const { count, efSearch } = manifest[kind];
  const memory = createMemory(searcherMemoryPages(bytes, count));
  await readInto(bucket, key, new Uint8Array(memory.buffer, searcherFileOffset, bytes));
  const dim = manifest.model.embedDim;
  const searcher = createSearcher({ module, memory, fileBytes: bytes, name: key, efSearch, dim });
  checkCount(key, searcher.header.count, count);
  return localVectors(searcher);
}

function readFile(bucket: ArtifactBucket, manifest: Manifest, name: string): Promise<string> {
  const file = fileOf(manifest, name);
  return readCheckedText(bucket, file.key, file);
}

function fileOf({ collection, version, files }: Manifest, name: string) {
  const entry = files[name];
  if (entry) return { key: versionKey(collection, version, name), ...entry };
  const key = versionKey(collection, version, 'manifest.json');
  throw new DiptychError('index_unreadable', `${key}: files: expected ${name}, got none`);
}

function checkCount(what: string, got: number, expected: number): void {
  if (got === expected) return;
  const message = `${what}: expected ${expected} entries as the manifest says, got ${got}`;
  throw new DiptychError('index_unreadable', message, { expected, got });
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
