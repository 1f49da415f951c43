import { DiptychError } from '../errors.ts';
import { searcherMemoryPages } from '../hnsw/searcher-memory.ts';
import { keywordHeapFactor } from '../query/keyword-index.ts';

/**
 * Heap that a parsed items.json or captions.json takes per byte of text: measured 2.0 and 3.3 for
 * 15,000 items and 20,000 captions, with room for the text itself while it is parsed.
 */
const jsonHeapFactor = 4;
/** The same for tokenizer.json, whose vocabulary and merges become maps. */
const tokenizerHeapFactor = 8;
/** Activations of a tower and the panel of weights that is widened, next to its weights. */
const towerScratchBytes = 2 * 1024 * 1024;
const pageBytes = 65536;

/** Sizes in bytes of what an isolate loads for one index version. */
export interface LoadedSizes {
  /** Vector files; null where the isolate does not hold the vectors. */
  readonly image: { readonly bytes: number; readonly count: number } | null;
  readonly caption: { readonly bytes: number; readonly count: number } | null;
  readonly items: number;
  readonly captions: number;
  readonly keywords: number;
  /** Null where the edge does not encode: the model is too large for it. */
  readonly model: {
    readonly textWeights: number;
    readonly imageWeights: number;
    readonly tokenizer: number;
  } | null;
}

export interface MemoryBudget {
  /** Bytes by part. */
  readonly parts: Readonly<Record<string, number>>;
  readonly total: number;
  readonly budget: number;
}

/**
 * Add up what an index version and its model take in an isolate.
 *
 * @throws DiptychError index_too_large, which lists the parts, when that is above `budget` bytes
 */
export function memoryBudget(sizes: LoadedSizes, budget: number): MemoryBudget {
  const { image, caption, items, captions, keywords, model } = sizes;
  const index = (file: LoadedSizes['image']) =>
    file ? searcherMemoryPages(file.bytes, file.count) * pageBytes : 0;
  const parts: Record<string, number> = {
    'image index': index(image),
    'caption index': index(caption),
    'text tower': model ? model.textWeights + towerScratchBytes : 0,
    'image tower': model ? model.imageWeights + towerScratchBytes : 0,
    tokenizer: model ? tokenizerHeapFactor * model.tokenizer : 0,
    keywords: Math.ceil(keywordHeapFactor * keywords),
    items: jsonHeapFactor * items,
    captions: jsonHeapFactor * captions,
  };
  const total = Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);
  if (total > budget) {
    const list = Object.entries(parts)
      .sort(([, a], [, b]) => b - a)
      .map(([name, bytes]) => `${name} ${megabytes(bytes)}`)
      .join(', ');
    throw new DiptychError(
      'index_too_large',
      `index: expected at most ${megabytes(budget)} MB of isolate memory, got ${megabytes(total)} MB: ${list}`,
      { parts, total, budget },
    );
  }
  return { parts, total, budget };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
