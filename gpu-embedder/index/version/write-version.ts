import type { IndexedItem } from '../../../src/version/items.ts';
import { captionsFile, itemsFile, plainVectorFile, vectorFile } from '../../../src/version/keys.ts';
import {
  manifestFormatVersion,
  manifestSchema,
  type Manifest,
  type VectorPlace,
} from '../../../src/version/manifest.ts';
import {
  memoryBudget,
  type LoadedSizes,
  type MemoryBudget,
} from '../../../src/search/open/memory-budget.ts';
import {
  writeCaptionTable,
  type IndexedCaption,
} from '../../../src/version/tables/caption-table.ts';
import { writeItemTable } from '../../../src/version/tables/item-table.ts';
import type { BuiltVectors } from './build-vector-index.ts';
import { shardEntries, vectorFileSize } from './shard-entries.ts';
import { versionId } from './version-id.ts';
import type { VersionWriter } from './version-writer.ts';

export interface VersionContent {
  readonly about: Pick<
    Manifest,
    'collection' | 'inputKey' | 'createdAt' | 'model' | 'dataset' | 'fusion'
  >;
  readonly vectors: BuiltVectors;
  /** Where the vectors are searched; default: in the isolate. */
  readonly place?: VectorPlace;
  readonly items: readonly IndexedItem[];
  readonly captions: readonly IndexedCaption[];
  /** JSON of a keyword index. */
  readonly keywords: string;
  /** Bytes that the model loads at the edge. */
  readonly sizes: LoadedSizes['model'];
  /** Memory of an isolate, bytes. */
  readonly budget: number;
}

/**
 * Write all files of a version except its previews; the manifest is the last.
 *
 * @throws DiptychError index_too_large when an isolate would hold more than the budget
 */
export async function writeVersion(
  files: VersionWriter,
  { about, vectors, place = 'isolate', items, captions, keywords, sizes, budget }: VersionContent,
): Promise<Manifest> {
  const isSharded = vectors.image.parts.length > 1;
  const isLocal = place === 'isolate';
  for (const kind of ['image', 'caption'] as const) {
    for (const [shard, { file }] of vectors[kind].parts.entries()) {
      const name = vectorFile(kind, isSharded ? shard : undefined);
      await files.write(isLocal ? name : plainVectorFile(kind), file);
    }
  }
  await files.write(itemsFile, writeItemTable(items));
  await files.write(captionsFile, writeCaptionTable(captions));
  await files.write('keywords.json', keywords);
  const bytes = (name: string) => files.written()[name].bytes;
  const memory = fittingMemory(
    {
      ...(isLocal &&
        !isSharded && {
          image: vectorFileSize(vectors.image),
          caption: vectorFileSize(vectors.caption),
        }),
      items: bytes(itemsFile),
      captions: bytes(captionsFile),
      keywords: bytes('keywords.json'),
      model: sizes,
    },
    budget,
  );
  const { version: _, ...content } = manifestSchema.parse({
    formatVersion: manifestFormatVersion,
    version: 'not known yet',
    ...about,
    counts: { items: items.length, captions: captions.length },
    files: files.written(),
    vectors: place,
    image: vectors.image.index,
    caption: vectors.caption.index,
    memory,
    ...(isSharded && { shards: shardEntries(vectors, budget) }),
  } satisfies Manifest);
  const manifest = manifestSchema.parse({ ...content, version: versionId(content) });
  await files.write('manifest.json', JSON.stringify(manifest, null, 2));
  return manifest;
}

/**
 * Add up the memory of an isolate. An embedder encodes the pictures of a model of the hub anyway, so it
 * encodes its texts as well where the tower does not fit beside the vectors.
 *
 * @throws DiptychError index_too_large
 */
function fittingMemory(sizes: LoadedSizes, budget: number): MemoryBudget {
  try {
    return memoryBudget(sizes, budget);
  } catch (error) {
    if (sizes.model?.imageWeights !== 0) throw error;
    return memoryBudget({ ...sizes, model: null }, budget);
  }
}
