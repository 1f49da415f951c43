import { createLruCache, type LruCache } from './lru-cache.ts';
import type { QueryModel } from '../query-model.ts';

/** The number of embeddings of labels that are kept for each model. Each takes 1 KB. */
const cachedLabels = 2000;

/** Embeddings of labels in their templates. They are freed together with their model. */
const cachesByModel = new WeakMap<QueryModel, LruCache<string, Float32Array>>();

/**
 * Encode a label in its template, or return the embedding from an earlier call.
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
