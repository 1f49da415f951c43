import type { Encoder, SearchMode, SearchRequest } from '../http/api.ts';
import { DiptychError } from '../errors.ts';
import { badRequest } from '../bad-request.ts';
import type { Collection } from './collection.ts';
import { noWords, type DecodeImage } from './query-model.ts';
import { unitVector } from './unit-vector.ts';

/** A request to search a collection that is already open. */
export type SearchQuery = Omit<SearchRequest, 'collection'>;

export interface ResolvedQuery {
  /** [embedDim] */
  readonly embedding: Float32Array;
  readonly truncated: boolean;
  /** Null where nothing had to be encoded. */
  readonly encoder: Encoder | null;
  /** Ordinal of the item that is the query; it is left out of the results. */
  readonly exclude?: number;
}

/**
 * Check that a search has exactly one query.
 *
 * @throws DiptychError empty_query or bad_request
 */
export function checkQuery(request: SearchQuery, image: Uint8Array | null): void {
  const { text, id, vector } = request;
  const given = Object.entries({ text, image: image ?? undefined, id, vector })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  if (given.length > 1) {
    throw badRequest('', `expected one of text, image, id and vector, got ${given.join(' and ')}`);
  }
  if (given.length === 0) {
    throw new DiptychError('empty_query', 'expected text, image, id or vector, got none of them');
  }
  if (text !== undefined && text.trim() === '') throw noWords();
  if (text === undefined && request.mode === 'keyword') {
    throw badRequest('mode', 'keyword needs text');
  }
  if (request.target === 'caption' && request.mode === 'keyword') {
    throw badRequest('mode', 'captions are searched by vector, not keyword');
  }
}

/** Choose the mode. Words find only images, and only in a collection that has words. */
export function resolveMode(request: SearchQuery, { keywords }: Collection): SearchMode {
  const hasWords = request.text !== undefined && request.target === 'image' && keywords.groups > 0;
  if (!hasWords) return request.mode === 'keyword' ? 'keyword' : 'vector';
  return request.mode ?? 'hybrid';
}

/**
 * Turn the query of a search into an embedding.
 *
 * @throws DiptychError unknown_item, bad_request, model_mismatch, empty_query, encoder_unavailable, or what
 *   `decodeImage` throws
 */
export async function resolveQuery(
  collection: Collection,
  request: SearchQuery,
  image: Uint8Array<ArrayBuffer> | null,
  decodeImage: DecodeImage,
): Promise<ResolvedQuery> {
  const { model, manifest } = collection;
  checkModel(collection, request);
  if (image) {
    return { ...(await model.encodeImage(image, decodeImage)), truncated: false };
  }
  if (request.id !== undefined) {
    const ordinal = findItem(collection, request.id);
    const embedding = await collection.images.vector(ordinal);
    return { embedding, truncated: false, encoder: null, exclude: ordinal };
  }
  if (request.vector) {
    const { embedDim } = manifest.model;
    const { length } = request.vector;
    if (length !== embedDim) {
      throw new DiptychError(
        'model_mismatch',
        `vector: expected ${embedDim} numbers, as in embeddings of model ${model.id}, got ${length}`,
        { expected: embedDim, got: length },
      );
    }
    return { embedding: unitVector(request.vector), truncated: false, encoder: null };
  }
  return model.encodeText(request.text ?? '');
}

/** Find the ordinal of an item that is not hidden. @throws DiptychError unknown_item */
export function findItem(
  { items, reference, hidden }: Pick<Collection, 'items' | 'reference' | 'hidden'>,
  id: string,
): number {
  const ordinal = hidden?.has(id) ? undefined : items.find(id);
  if (ordinal !== undefined) return ordinal;
  throw new DiptychError(
    'unknown_item',
    `id: collection ${reference.collection} has no item ${JSON.stringify(id)}`,
  );
}

function checkModel({ model, reference }: Collection, { model: asked }: SearchQuery): void {
  if (asked === undefined || asked === model.id || asked === model.hash) return;
  throw new DiptychError(
    'model_mismatch',
    `model: expected ${model.id}, as in collection ${reference.collection}, version ${reference.version}, got ${JSON.stringify(asked)}`,
    { expected: [model.id, model.hash], got: asked },
  );
}
