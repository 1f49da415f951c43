import { dot } from '../../metrics/dot.ts';
import type { ClassifyResponse, PartialAnswer } from '../../http/api.ts';
import { badRequest } from '../../bad-request.ts';
import { encodeLabels } from './encode-labels.ts';
import { limitError } from '../../vectorize/limit-error.ts';
import type { Collection } from '../collection.ts';
import { softmax } from '../probability.ts';
import type { QueryModel } from '../query-model.ts';

export interface Classes {
  readonly labels?: readonly string[];
  /** A sentence in which each label replaces `{label}`. */
  readonly template: string;
  /** How many labels to return, the most probable first. */
  readonly limit: number;
}

export interface Classified {
  readonly labels: ClassifyResponse['labels'];
  readonly partial?: PartialAnswer;
}

/**
 * Classify an embedding by labels, or by all captions of the collection. The probabilities are the
 * softmax of the cosines, times the scale of the model.
 *
 * @throws DiptychError bad_request (there are no captions), vectorize_limit (there are too many)
 */
export async function classifyEmbedding(
  collection: Collection,
  embedding: Float32Array,
  { labels, template, limit }: Classes,
): Promise<Classified> {
  const { texts } = collection.captionTable;
  const count = labels?.length ?? texts.count;
  if (count === 0) {
    throw badRequest('labelSet', 'the collection has no captions');
  }
  const most = labels ? Infinity : (collection.captions.mostScored ?? Infinity);
  if (count > most) throw limitError('captions of labelSet', most, count);
  const all = Uint32Array.from({ length: count }, (_, i) => i);
  const { cosines, partial } = labels
    ? { cosines: await scoreLabels(collection.model, embedding, template, labels) }
    : await collection.captions.score(embedding, all);
  // A caption that could not be scored is left out.
  const order = all.filter((i) => !isNaN(cosines[i]!));
  order.sort((a, b) => cosines[b]! - cosines[a]!);
  const probabilities = softmax(
    Array.from(order, (i) => cosines[i]!),
    collection.model.scale,
  );
  const best = Array.from(order.subarray(0, limit), (i, rank) => ({
    label: labels?.[i] ?? texts.at(i),
    score: cosines[i]!,
    probability: probabilities[rank]!,
  }));
  return { labels: best, ...(partial && { partial }) };
}

async function scoreLabels(
  model: QueryModel,
  embedding: Float32Array,
  template: string,
  labels: readonly string[],
): Promise<readonly number[]> {
  const encoded = await encodeLabels(model, template, labels);
  return encoded.map((label) => dot(embedding, label));
}
