import { createLruCache, type LruCache } from './lru-cache.ts';
import type { QueryModel } from '../query-model.ts';

/** Labels whose embeddings are kept for each model, 1 KB each. */
const cachedLabels = 2000;

/** Embeddings of class labels in their templates; they are let go with their model. */
const cachesByModel = new WeakMap<QueryModel, LruCache<string, Float32Array>>();

/**
 * Encode a label in its template; what was encoded before is remembered.
 *
 * @returns [embedDim], L2-normalised
 */
export async function encodeLabel(
  model: QueryModel,
  template: string,
  label: string,
): Promise<Float32Array> {
  const cache = cachesByModel.get(model) ?? createLruCache<string, Float32Array>(cachedLabels);
  cachesByModel.set(model, cache);
  const text = template.replaceAll('{label}', () => label);
  const known = cache.get(text);
  if (known) return known;
  const { embedding } = await model.encodeText(text);
  cache.set(text, embedding);
  return embedding;
}
