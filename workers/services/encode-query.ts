import { DiptychError } from '../../src/errors.ts';
import type { EdgeModel } from '../../src/search/open/open-model.ts';

export interface EncodedText {
  /** [embedDim], L2-normalised */
  readonly embedding: Float32Array;
  /** Whether the text had more tokens than the model reads. */
  readonly truncated: boolean;
}

/** Encode a query text. @throws DiptychError empty_query */
export function encodeText(model: EdgeModel, text: string): EncodedText {
  const { ids, truncated } = model.tokenizer.encode(text.trim());
  if (ids.length === 0) {
    throw new DiptychError('empty_query', 'text: expected at least one word, got none');
  }
  return { embedding: model.text.encode(ids), truncated };
}

/**
 * Encode a label in its template; what was encoded before is remembered.
 *
 * @returns [embedDim], L2-normalised
 */
export function encodeLabel(model: EdgeModel, template: string, label: string): Float32Array {
  const text = template.replaceAll('{label}', () => label);
  const known = model.labels.get(text);
  if (known) return known;
  const { embedding } = encodeText(model, text);
  model.labels.set(text, embedding);
  return embedding;
}

/** Mean direction of embeddings. @returns [embedDim], L2-normalised */
export function meanEmbedding(embeddings: readonly Float32Array[]): Float32Array {
  if (embeddings.length === 1) return embeddings[0];
  const sum = new Float32Array(embeddings[0].length);
  for (const embedding of embeddings) for (let j = 0; j < sum.length; j++) sum[j] += embedding[j];
  const norm = Math.hypot(...sum) || 1;
  return sum.map((value) => value / norm);
}
