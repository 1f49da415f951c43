import { z } from 'zod';
import type { IndexReference } from '../../src/api.ts';
import { parseCaptions, type CaptionColumns } from '../../src/artifact/captions.ts';
import { parseItems, type ItemColumns } from '../../src/artifact/items.ts';
import { versionKey } from '../../src/artifact/keys.ts';
import { manifestSchema, type Manifest } from '../../src/artifact/manifest.ts';
import { DiptychError } from '../../src/errors.ts';
import { searcherFileOffset, searcherMemoryPages } from '../../src/hnsw/searcher-memory.ts';
import { createSearcher, type Searcher } from '../../src/hnsw/searcher.ts';
import { createMemory } from '../../src/kernel/webassembly.ts';
import { loadKeywordIndex, type KeywordIndex } from '../../src/query/keyword-index.ts';
import type { ArtifactBucket } from './artifact-bucket.ts';
import type { EdgeModel } from './open-model.ts';
import { readCheckedText, readInto, readJson } from './read-artifact.ts';

/** The items of an index version: enough to show them. */
export interface CollectionItems {
  readonly reference: IndexReference;
  readonly manifest: Manifest;
  readonly items: ItemColumns;
}

/** An index version in the isolate's memory, with the model that it was built with. */
export interface Collection extends CollectionItems {
  readonly model: EdgeModel;
  readonly images: Searcher;
  readonly captions: Searcher;
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
 * @throws DiptychError index_unreadable
 */
export async function openCollection(
  bucket: ArtifactBucket,
  items: CollectionItems,
  model: EdgeModel,
  searchModule: WebAssembly.Module,
): Promise<Collection> {
  const { manifest } = items;
  const loaded = {
    ...items,
    model,
    images: await openSearcher(bucket, manifest, 'image', searchModule),
    captions: await openSearcher(bucket, manifest, 'caption', searchModule),
    captionColumns: parseCaptions(await readFile(bucket, manifest, 'captions.json')),
    keywords: loadKeywordIndex(await readFile(bucket, manifest, 'keywords.json')),
  };
  checkCounts(loaded, versionKey(manifest.collection, manifest.version, 'manifest.json'));
  return loaded;
}

async function openSearcher(
  bucket: ArtifactBucket,
  manifest: Manifest,
  kind: 'image' | 'caption',
  module: WebAssembly.Module,
): Promise<Searcher> {
  const { key, bytes } = fileOf(manifest, `${kind}.bin`);
  const { count, efSearch } = manifest[kind];
  const memory = createMemory(searcherMemoryPages(bytes, count));
  await readInto(bucket, key, new Uint8Array(memory.buffer, searcherFileOffset, bytes));
  const dim = manifest.model.embedDim;
  return createSearcher({
    module,
    memory,
    fileBytes: bytes,
    name: key,
    efSearch,
    dim,
  });
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

function checkCounts({ images, captions, items, captionColumns }: Collection, key: string): void {
  const pairs = [
    ['image.bin', images.header.count, 'items.json', items.ids.length],
    ['caption.bin', captions.header.count, 'captions.json', captionColumns.texts.length],
  ] as const;
  for (const [vectors, count, columns, length] of pairs) {
    if (count === length) continue;
    throw new DiptychError(
      'index_unreadable',
      `${key}: ${vectors} has ${count} vectors, ${columns} has ${length} entries`,
    );
  }
  const count = items.ids.length;
  const wrong = captionColumns.items.findIndex(
    (ordinals) => ordinals.length === 0 || ordinals.some((ordinal) => ordinal >= count),
  );
  if (wrong >= 0) {
    throw new DiptychError(
      'index_unreadable',
      `${key}: captions.json: caption ${wrong}: expected items below ${count}, got ${captionColumns.items[wrong].join(', ') || 'none'}`,
    );
  }
}
