import { createLruCache, type LruCache } from '../lru-cache.ts';
import type { QueryModel } from '../query-model.ts';

/** The number of embeddings of labels that are kept for each model. Each takes 1 KB. */
const cachedLabels = 2000;

/** Embeddings of labels in their templates. They are freed together with their model. */
const cachesByModel = new WeakMap<QueryModel, LruCache<string, Float32Array>>();

/**
 * Encode labels in their template. Those of earlier calls are not encoded again.
 *
 * @returns [embedDim] of each, L2-normalised
 */
export async function encodeLabels(
  model: QueryModel,
  template: string,
  labels: readonly string[],
): Promise<readonly Float32Array[]> {
  const cache = cachesByModel.get(model) ?? createLruCache<string, Float32Array>(cachedLabels);
  cachesByModel.set(model, cache);
  const texts = labels.map((label) => template.replaceAll('{label}', () => label));
  const known = new Map(texts.map((text) => [text, cache.get(text)]));
  const missing = [...known].flatMap(([text, embedding]) => (embedding ? [] : text));
  const encoded = await model.encodeTexts(missing);
  for (const [i, text] of missing.entries()) {
    known.set(text, encoded[i]);
    cache.set(text, encoded[i]!);
  }
  return texts.map((text) => known.get(text)!);
}
