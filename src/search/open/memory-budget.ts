import { DiptychError } from '../../errors.ts';
import { searcherMemoryPages } from '../../version/searcher-memory.ts';
import { megabytes } from '../../megabytes.ts';
import { keywordHeapFactor } from '../keywords/keyword-index.ts';
import type { Manifest } from '../../version/manifest.ts';

/**
 * Heap bytes of a parsed tokenizer.json for each byte of text. Its vocabulary and merges become
 * maps.
 */
const tokenizerHeapFactor = 8;
/**
 * Memory of a tower besides its weights: its activations, the whole numbers of one layer's input, and
 * the keys and values of known prefixes. A CLIP of 64 MB takes 7 MB.
 */
const towerScratch = (weights: number) => Math.max(2 * 1024 * 1024, weights / 8);
const pageBytes = 65536;
const modelParts = ['text tower', 'image tower', 'tokenizer'] as const;

/** The size of a vector file and the number of its vectors. */
export interface VectorFileSize {
  readonly bytes: number;
  readonly count: number;
}

/** Sizes of the files that an isolate loads for one index version, bytes. */
export interface LoadedSizes {
  /** `image` and `caption` are absent where shards hold the vectors. */
  readonly image?: VectorFileSize;
  readonly caption?: VectorFileSize;
  readonly items: number;
  readonly captions: number;
  readonly keywords: number;
  /** Null where the edge encodes no queries. */
  readonly model: {
    readonly textWeights: number;
    /** 0 where the edge encodes texts alone. */
    readonly imageWeights: number;
    readonly tokenizer: number;
  } | null;
}

export interface MemoryBudget {
  /** Bytes of each part. */
  readonly parts: Readonly<Record<string, number>>;
  readonly total: number;
  readonly budget: number;
}

/**
 * Add up the memory of an index version and its model in an isolate.
 *
 * @throws DiptychError index_too_large, which lists the parts, when the sum is above `budget` bytes
 */
export function memoryBudget(sizes: LoadedSizes, budget: number): MemoryBudget {
  const { image, caption, items, captions, keywords, model } = sizes;
  return checked('index', budget, {
    ...vectorParts(image, caption),
    'text tower': towerMemory(model?.textWeights),
    'image tower': towerMemory(model?.imageWeights),
    tokenizer: model ? tokenizerHeapFactor * model.tokenizer : 0,
    keywords: Math.ceil(keywordHeapFactor * keywords),
    // Tables are read where they lie.
    items,
    captions,
  });
}

function towerMemory(weights = 0): number {
  return weights === 0 ? 0 : Math.ceil(weights + towerScratch(weights));
}

/** Whether the isolate of a version has the model's tower for texts; an embedder encodes them otherwise. */
export function encodesTexts({ memory }: Pick<Manifest, 'memory'>): boolean {
  return (memory.parts['text tower'] ?? 0) > 0;
}

/**
 * Add up the memory of a shard in an isolate.
 *
 * @throws DiptychError index_too_large
 */
export function shardMemory(
  shard: number,
  image: VectorFileSize,
  caption: VectorFileSize,
  budget: number,
): MemoryBudget {
  return checked(`shard ${shard}`, budget, vectorParts(image, caption));
}

function vectorParts(image?: VectorFileSize, caption?: VectorFileSize) {
  const memory = (file?: VectorFileSize) =>
    file ? searcherMemoryPages(file.bytes, file.count) * pageBytes : 0;
  return { 'image index': memory(image), 'caption index': memory(caption) };
}

function checked(
  what: string,
  budget: number,
  parts: Readonly<Record<string, number>>,
): MemoryBudget {
  const total = Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);
  if (total > budget) {
    const list = Object.entries(parts)
      .sort(([, a], [, b]) => b - a)
      .map(([name, bytes]) => `${name} ${megabytes(bytes)}`)
      .join(', ');
    throw new DiptychError(
      'index_too_large',
      `${what}: expected at most ${megabytes(budget)} MB of isolate memory, got ${megabytes(total)} MB: ${list}; --shards spreads the vectors over more isolates`,
      { parts, total, budget },
    );
  }
  return { parts, total, budget };
}

/** Add up the bytes of several versions in one isolate. A model that they share counts once. */
export function jointMemory(versions: readonly Pick<Manifest, 'memory' | 'model'>[]): number {
  const models = new Map(
    versions.map((version) => {
      const bytes = modelBytes(version.memory);
      // One version may have the towers of a model, and another one may leave them to an embedder.
      return [`${version.model.hash} ${bytes}`, bytes];
    }),
  );
  const indexes = versions.map(({ memory }) => memory.total - modelBytes(memory));
  return [...models.values(), ...indexes].reduce((sum, bytes) => sum + bytes, 0);
}

function modelBytes({ parts }: Pick<MemoryBudget, 'parts'>): number {
  return modelParts.reduce((sum, part) => sum + (parts[part] ?? 0), 0);
}
