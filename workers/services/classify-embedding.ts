import type { ClassifyResponse } from '../../src/api.ts';
import { DiptychError } from '../../src/errors.ts';
import { encodeLabel } from './encode-query.ts';
import type { Collection } from './open-collection.ts';
import { softmax } from './probability.ts';

export interface Classes {
  readonly labels?: readonly string[];
  /** Sentence that a label is put in, at `{label}`. */
  readonly template: string;
  /** Most probable labels to return. */
  readonly limit: number;
}

/**
 * Classify an embedding by labels, or by all captions of the collection: softmax over the cosines
 * at the model's scale.
 */
export function classifyEmbedding(
  collection: Collection,
  embedding: Float32Array,
  { labels, template, limit }: Classes,
): ClassifyResponse['labels'] {
  const names = labels ?? collection.captionColumns.texts;
  if (names.length === 0) {
    throw new DiptychError('bad_request', 'labelSet: the collection has no captions');
  }
  const cosines = labels
    ? labels.map((label) => dot(embedding, encodeLabel(collection.model, template, label)))
    : collection.captions.scoreAll(embedding);
  const probabilities = softmax(cosines, collection.model.scale);
  const order = Uint32Array.from(names.keys()).sort((a, b) => cosines[b] - cosines[a]);
  return Array.from(order.subarray(0, limit), (i) => ({
    label: names[i],
    score: cosines[i],
    probability: probabilities[i],
  }));
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j] * b[j];
  return sum;
}
